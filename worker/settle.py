"""Is this file finished? Asked of the file itself, from outside, before it is claimed."""

import errno
import fcntl
import os
from enum import Enum

from worker.claim import Signature
from xray.formats.complete import is_complete


class Probe(Enum):
    """What a look inside says."""

    COMPLETE = "complete"
    """Nobody has it open for writing, and its structure ends where the file ends."""
    HELD = "held"
    """Somebody has it open for writing."""
    CUT_OFF = "cut_off"
    """Its structure goes on beyond where the file ends: the transfer is under way, or broke off."""
    UNREADABLE = "unreadable"
    """We may not read it (yet)."""
    UNKNOWN = "unknown"
    """Neither can be told: only time shows."""


def signature(path: str) -> Signature:
    """Look at a path, without following links."""
    return Signature.of(os.lstat(path))


def probe(path: str, expected: Signature, *, leases: bool) -> Probe:
    """Look inside a plain file.

    Args:
        path: The file.
        expected: What it looked like a moment ago; another file under this name is not looked into.
        leases: Ask the kernel whether a writer has it open. Only a local disk knows.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        return Probe.UNREADABLE
    except OSError:
        return Probe.UNKNOWN
    try:
        found = Signature.of(os.fstat(descriptor))
        if found[:2] != expected[:2]:
            return Probe.UNKNOWN
        free = _nobody_writes(descriptor) if leases else None
        if free is False:
            return Probe.HELD
        complete = is_complete(lambda offset, length: os.pread(descriptor, length, max(offset, 0)), found.size_bytes)
        if complete is False:
            return Probe.CUT_OFF
        return Probe.COMPLETE if complete and free else Probe.UNKNOWN
    except OSError:
        return Probe.UNKNOWN
    finally:
        os.close(descriptor)


def is_held(path: str) -> bool:
    """Tell whether somebody has this file open for writing, as far as the kernel says."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return _nobody_writes(descriptor) is False
    finally:
        os.close(descriptor)


def _nobody_writes(descriptor: int) -> bool | None:
    """Ask for a read lease, which the kernel refuses while anybody has the file open for writing; None: it won't say.

    A lease that a writer breaks in the blink we hold it sends SIGIO, which the worker must ignore (`worker.cli`).
    """
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return False if error.errno == errno.EAGAIN else None
    return True
