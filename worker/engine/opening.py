"""Opening a claimed file, once and safely: from here on only the descriptor counts, whatever happens to the name."""

import errno
import os
import stat

from worker.claim import Claim
from xray.errors import RejectedImage
from xray.reasons import Reason

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO would block, a link lead elsewhere


def open_claimed(path: str, claim: Claim) -> int:
    """Open a plain file with one name that is still what was claimed.

    Raises:
        RejectedImage: It is not.
        OSError: The disk's fault.
    """
    if claim.signature.mode and not claim.signature.is_plain:
        raise RejectedImage(Reason.NOT_A_FILE)
    try:
        descriptor = os.open(path, _FLAGS)
    except PermissionError as error:
        raise RejectedImage(Reason.NOT_READABLE) from error
    except FileNotFoundError as error:
        raise RejectedImage(Reason.CHANGED, "somebody removed it while it was waiting to be read") from error
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link, a socket
            raise RejectedImage(Reason.NOT_A_FILE) from error
        raise
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise RejectedImage(Reason.NOT_A_FILE)
        if found.st_nlink != 1:
            raise RejectedImage(Reason.HARD_LINKED)
        if (found.st_ino, found.st_size, found.st_mtime_ns) != claim.signature[:3]:
            raise RejectedImage(Reason.CHANGED, "its size or time changed after it had settled")
    except RejectedImage:
        os.close(descriptor)
        raise
    return descriptor
