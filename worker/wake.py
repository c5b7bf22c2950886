"""What the loop sleeps on: anything that has news wakes it, from any thread and from a signal handler.

An eventfd and not a `threading.Event`: an Event's lock is not reentrant, so a signal handler that sets it while the
same thread is about to wait on it would hang the worker for ever.
"""

import math
import os
import select


class Wake:
    """A bell, and whether somebody asked to stop."""

    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        self.stopping = False

    def set(self) -> None:
        os.eventfd_write(self._fd, 1)

    def stop(self) -> None:
        """Ask the loop to finish what is in hand and end."""
        self.stopping = True
        self.set()

    def wait(self, seconds: float) -> bool:
        """Sleep until woken, at most so long; tell whether somebody woke us."""
        if not self._poll.poll(math.ceil(max(seconds, 0) * 1000)):
            return False
        os.eventfd_read(self._fd)
        return True

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        os.close(self._fd)
