"""Making things durable: fsync for a lone file, syncfs for a group.

One `syncfs` for a group costs what one or two fsyncs cost (docs/decisions); for a lone file it would wait for
everything else that anybody wrote to this disk.
"""

import ctypes
import os
from collections.abc import Iterable

from xray.errors import SetupError

GROUP = 8
"""From so many paths on, one syncfs is cheaper than an fsync for each."""

_libc = ctypes.CDLL(None, use_errno=True)


class DiskFailure(SetupError):
    """The disk would not confirm a write. After that nobody knows what is on it: the worker stops, on purpose.

    Linux forgets the failed pages, so asking again would be answered with a lie (Rebello et al., "Can Applications
    Recover from fsync Failures?", USENIX ATC 2020, section 3).
    """


def sync(paths: Iterable[str], anchor: int) -> None:
    """Return when these files and directories are on the disk.

    Args:
        paths: Files written and directories changed.
        anchor: Open directory on the same file system.

    Raises:
        DiskFailure: The disk did not confirm.
    """
    paths = list(paths)
    if len(paths) >= GROUP:
        sync_all(anchor)
        return
    for path in paths:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            # A sender's folder that was removed after we took the last file out of it; or all of the root is away.
            # What happened to this path happened on the anchor's file system in either case.
            sync_all(anchor)
            return
        try:
            os.fsync(descriptor)
        except OSError as error:
            raise _failure(error) from error
        finally:
            os.close(descriptor)


def sync_all(anchor: int) -> None:
    """Return when everything on the file system of this open directory is on the disk."""
    if _libc.syncfs(anchor) != 0:
        raise _failure(OSError(ctypes.get_errno(), "syncfs"))


def _failure(error: OSError) -> DiskFailure:
    return DiskFailure(
        f"the disk under the drop folder did not confirm a write ({os.strerror(error.errno or 0)}); "
        "check the disk, then start the worker again: it takes up where the disk left off"
    )
