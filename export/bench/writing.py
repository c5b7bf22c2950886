"""Writing what was measured, and finding out beforehand whether that will be possible."""

import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path

from xray.errors import SetupError

_KINDS = ("png", "svg")


def drawing(path: Path) -> Callable[..., bytes]:
    """Return what draws for a path of this kind.

    Raises:
        SetupError: No picture can be drawn of this kind, or none at all on this machine.
    """
    kind = path.suffix.removeprefix(".").lower()
    if kind not in _KINDS:
        raise SetupError(f"{path} is no name for a picture; expected one that ends in .png or .svg")
    if importlib.util.find_spec("matplotlib") is None:
        raise SetupError(
            "a picture needs matplotlib, which is not installed here: pip install 'lungwatch[export]', or write --csv"
        )
    from export.bench.picture import draw

    return partial(draw, kind=kind)


def write(path: Path, content: bytes) -> None:
    """Write a file and the folders above it.

    Raises:
        SetupError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror}") from error
