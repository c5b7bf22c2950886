"""The folder that a page and its pictures go into."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xray.errors import SetupError


def make_folder(out: Path, *, private: bool) -> None:
    """Find out before the work, not after it, that a folder cannot be made.

    Args:
        out: May be there already.
        private: For patients' images: a folder that is made now is nobody else's to read.

    Raises:
        SetupError: It cannot be made.
    """
    try:
        out.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"the folder {out} cannot be made ({error.strerror}); choose another --out") from error


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Say what to do where something cannot be written into a folder.

    Raises:
        SetupError: Whatever the disk said.
    """
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"{out} cannot be written ({error.strerror or error}); make room there, or choose another folder"
        ) from error
