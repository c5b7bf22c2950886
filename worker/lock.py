"""One worker for one root: the one that holds the lock works, the others stand by."""

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path
from typing import NamedTuple

from worker.folders import MARKER
from xray.errors import SetupError

NAME = "worker.lock"

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC

_BLINK_SECONDS = 0.05
"""`holder` touches the lock for less than this."""


class Note(NamedTuple):
    """Who holds the lock."""

    process: int
    listen: str
    """Where its page is; empty for nowhere."""
    model: str
    since: str
    """RFC 3339."""


class Lock:
    """An flock on a file in the root. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, root: Path) -> None:
        self._path = root / NAME
        try:
            self._fd = os.open(self._path, _FLAGS, 0o644)
        except OSError as error:
            raise SetupError(f"the lock file in {root} cannot be opened: {error.strerror}") from error

    def take(self) -> bool:
        """Take the lock if it is free; tell whether it is ours now."""
        if self._try():
            return True
        time.sleep(_BLINK_SECONDS)
        return self._try()

    def _try(self) -> bool:
        if not self.holds and not self._open_again():
            return False
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return self.holds

    def _open_again(self) -> bool:
        """The file was removed or replaced while we stood by: a lock on the old one would keep nobody out."""
        if not (self._path.parent / MARKER).exists():
            return False  # nor is the folder there
        again = os.open(self._path, _FLAGS, 0o644)
        os.close(self._fd)
        self._fd = again
        return True

    def sign(self, note: Note) -> None:
        """Say who holds it, for `status`. A full disk may keep us from it, and that is no harm."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, json.dumps(note).encode(), 0)

    @property
    def holds(self) -> bool:
        """Whether the file that we hold is still the one that others would take."""
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._fd))
        except FileNotFoundError:
            return False

    def close(self) -> None:
        os.close(self._fd)


def holder(root: Path) -> Note | None:
    """Return who serves this root; None if nobody does."""
    try:
        descriptor = os.open(root / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            return Note(*json.loads(os.read(descriptor, 4096)))
        except (ValueError, TypeError):  # it has the lock, and has not said who it is yet
            return Note(0, "", "?", "?")
    finally:
        os.close(descriptor)
    return None
