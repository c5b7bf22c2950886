"""Where a run or a report comes from: the command, the moment, the libraries, the files."""

import datetime
import hashlib
import importlib.metadata
import shlex
import sys
from pathlib import Path

_LIBRARIES = ("tensorflow", "tf-keras", "numpy", "pillow", "ai-edge-litert", "scikit-learn")


def command() -> str:
    """The command that is running, as it can be given again."""
    return shlex.join(["lungwatch-train", *sys.argv[1:]])


def now() -> str:
    """The time in UTC, to the second (RFC 3339)."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Of the libraries that a figure may hang on."""
    return {library: importlib.metadata.version(library) for library in _LIBRARIES}


def digest(path: Path) -> str:
    """A file's name and sha256."""
    return f"{path.name} sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}"
