"""Download a data set from Kaggle into a folder; what is cut off goes on where it stopped."""

import contextlib
import importlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xray.errors import SetupError

_TOKEN = "make an API token on kaggle.com (Settings, API) and put it into KAGGLE_API_TOKEN or ~/.kaggle/access_token"
_REFUSED = (401, 403)


def download(handle: str, beside: Path, *, otherwise: str) -> Path:
    """Download and unpack a data set with `kagglehub`, which shows the progress and checks the archive's MD5.

    Args:
        handle: `owner/name` on Kaggle.
        beside: Folder for the archive and what is unpacked; a part of it that is there is not fetched again.
        otherwise: How to get the data without us, for the message.

    Returns:
        The folder that holds the unpacked files.

    Raises:
        SetupError: It did not come; the message says why and what to do.
    """
    with _cache(beside):
        hub = _hub()
        try:
            return Path(hub.dataset_download(handle))
        except hub.exceptions.DataCorruptionError as error:
            raise SetupError(
                "what came differs from what Kaggle holds and was removed; give the command again"
            ) from error
        except (zipfile.BadZipFile, EOFError) as error:
            shutil.rmtree(beside, ignore_errors=True)  # else it would be taken for whole for ever
            raise SetupError("the archive that came is damaged and was removed; give the command again") from error
        except ValueError as error:  # credentials that are no JSON, an archive of an unknown kind
            raise SetupError(f"kagglehub: {error}; or {otherwise}") from error
        except OSError as error:
            raise _told(error, otherwise) from error


def _told(error: OSError, otherwise: str) -> Exception:
    """Translate what the network, Kaggle or the disk says; `requests` derives its errors from OSError."""
    response: Any = getattr(error, "response", None)
    if response is not None and response.status_code in _REFUSED:
        return SetupError(f"Kaggle refuses the download ({response.status_code}): {_TOKEN}; or {otherwise}")
    if response is not None:
        return SetupError(f"Kaggle answers with status {response.status_code}; try later, or {otherwise}")
    if error.errno is None:  # of the network, not of the disk
        return SetupError(
            f"no connection to Kaggle, or it broke off ({type(error).__name__}). What came is kept: give the same command "
            f"again to go on; or {otherwise}"
        )
    return error


def _hub() -> Any:
    try:
        return importlib.import_module("kagglehub")
    except ImportError as error:
        raise SetupError("fetch needs the package kagglehub: pip install 'lungwatch[fetch]'") from error


@contextlib.contextmanager
def _cache(folder: Path) -> Iterator[None]:
    """Let kagglehub work in a folder of ours: given `output_dir` it refuses to go on with what lies there half done."""
    ours = {"KAGGLEHUB_CACHE": str(folder), "KAGGLEHUB_VERBOSITY": os.environ.get("KAGGLEHUB_VERBOSITY", "warning")}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
