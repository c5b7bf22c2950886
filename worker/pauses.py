"""Why the worker stands still: the closed set of the installation's faults that mend without a restart.

A pause never refuses a file. The loop tries again until it works.
"""

import errno
import sqlite3
from enum import StrEnum
from pathlib import Path

from worker.durable import DiskFailure
from xray.errors import SetupError


class Pause(StrEnum):
    """One reason for standing still; `sentence` says what to do."""

    sentence: str

    def __new__(cls, code: str, sentence: str) -> "Pause":
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence = sentence
        return member

    DISK_FULL = "disk_full", "The disk is full. Free some space; the worker goes on by itself."
    READ_ONLY = "read_only", "The disk is read-only. Mount it for writing; the worker goes on by itself."
    FOLDER_GONE = "folder_gone", "The drop folder is gone. Bring it back or mount it; the worker goes on by itself."
    FOLDER_REPLACED = (
        "folder_replaced",
        "The drop folder is not the one that the worker started on. Mount the right one, and the worker "
        "goes on by itself; or restart it to begin with this one.",
    )
    DISK_ERROR = "disk_error", "The disk reports errors. Check the disk and its cables."
    NOT_PERMITTED = (
        "not_permitted",
        "The worker may not write in its own folders. Give it the right to; it goes on by itself.",
    )
    EXHAUSTED = "exhausted", "The machine has no memory or file descriptors left. Free some, or raise the limits."
    LEDGER_BUSY = (
        "ledger_busy",
        "Another program holds the ledger. Wait for it or close it; the worker goes on by itself.",
    )
    NO_READER = "no_reader", "No reader process can be started. The log says why."
    NO_DECODER = (
        "no_decoder",
        "A decoder that a file needs is not installed. Install lungwatch with its extra dicom, and start again.",
    )


_BY_ERRNO = {
    errno.ENOSPC: Pause.DISK_FULL,
    errno.EDQUOT: Pause.DISK_FULL,
    errno.EROFS: Pause.READ_ONLY,
    errno.ENOENT: Pause.FOLDER_GONE,
    errno.ENOTDIR: Pause.FOLDER_GONE,
    errno.ESTALE: Pause.FOLDER_GONE,
    errno.ENOTCONN: Pause.FOLDER_GONE,
    errno.EHOSTDOWN: Pause.FOLDER_GONE,
    errno.EHOSTUNREACH: Pause.FOLDER_GONE,
    errno.ETIMEDOUT: Pause.FOLDER_GONE,
    errno.ENODEV: Pause.FOLDER_GONE,
    errno.EIO: Pause.DISK_ERROR,
    errno.EACCES: Pause.NOT_PERMITTED,
    errno.EPERM: Pause.NOT_PERMITTED,
    errno.EMFILE: Pause.EXHAUSTED,
    errno.ENFILE: Pause.EXHAUSTED,
    errno.ENOMEM: Pause.EXHAUSTED,
}

_BY_SQLITE = {
    "SQLITE_FULL": Pause.DISK_FULL,
    "SQLITE_READONLY": Pause.READ_ONLY,
    "SQLITE_CANTOPEN": Pause.FOLDER_GONE,
    "SQLITE_IOERR": Pause.DISK_ERROR,
    "SQLITE_NOMEM": Pause.EXHAUSTED,
    "SQLITE_BUSY": Pause.LEDGER_BUSY,
    "SQLITE_PERM": Pause.NOT_PERMITTED,
}


MEND = (
    "stop every worker and run `lungwatch-worker doctor --rebuild` with the same --root and --ledger: it keeps the "
    "damaged file, and makes the ledger anew from the folders"
)
"""What to do about a damaged ledger."""


class Paused(Exception):
    """Something found out by itself that the worker must stand still."""

    def __init__(self, pause: Pause) -> None:
        super().__init__(pause.value)
        self.pause = pause


def classify(error: Exception) -> Pause | None:
    """Return the pause that this error means, or None where it is a bug.

    Raises:
        DiskFailure: The ledger could not be made durable.
        SetupError: The ledger is damaged.
    """
    if isinstance(error, Paused):
        return error.pause
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", "")
        if name.endswith("FSYNC"):
            raise DiskFailure(
                "the disk under the ledger did not confirm a write; check the disk, then start again"
            ) from error
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise SetupError(f"the ledger is damaged ({error}); {MEND}") from error
        return next((pause for start, pause in _BY_SQLITE.items() if name.startswith(start)), None)
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0)
    return None


def unusable(ledger: Path, error: sqlite3.DatabaseError) -> SetupError:
    """Say why a ledger cannot be opened, and what to do."""
    name = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")):
        return SetupError(f"the ledger {ledger} is damaged ({error}); {MEND}")
    if name.startswith("SQLITE_READONLY"):
        return SetupError(f"the ledger {ledger} belongs to the worker's user; run this as that user (sudo -u …)")
    return SetupError(f"the ledger {ledger} cannot be opened ({error}); mend that, or choose another with --ledger")
