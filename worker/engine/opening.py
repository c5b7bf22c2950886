"""Opening a claimed file, once and safely: from here on only the descriptor counts, whatever happens to the name."""

import errno
import os

from worker.claim import Claim, Signature
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
        found = Signature.of(os.fstat(descriptor))
        if not found.is_plain:
            raise RejectedImage(Reason.NOT_A_FILE)
        if found.links != 1:
            raise RejectedImage(Reason.HARD_LINKED)
        if found[:3] != claim.signature[:3]:
            raise RejectedImage(Reason.CHANGED, "its size or time changed after it had settled")
    except RejectedImage:
        os.close(descriptor)
        raise
    return descriptor
