"""One worker for one root: the one that holds the lock works, the others stand by."""

import fcntl
import os
from pathlib import Path

from xray.errors import SetupError

NAME = "worker.lock"


class Lock:
    """An flock on a file in the root. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, root: Path) -> None:
        try:
            self._fd = os.open(root / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise SetupError(f"the lock file in {root} cannot be opened: {error.strerror}") from error

    def take(self) -> bool:
        """Take the lock if it is free; tell whether it is ours now."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        os.close(self._fd)


def is_held(root: Path) -> bool:
    """Tell whether a worker runs on this root."""
    if not (root / NAME).exists():
        return False
    lock = Lock(root)
    try:
        return not lock.take()
    finally:
        lock.close()
