"""May we take files out of the incoming folder? Who may write there is not yet who may move what others wrote."""

import os
import stat
from pathlib import Path

_CAP_FOWNER = 3
"""Lets a process move others' files out of a sticky folder (capabilities(7))."""


def obstacle(incoming: Path) -> str | None:
    """Say why files that others put into this folder cannot be moved out of it, and the mend; None where they can."""
    found = os.stat(incoming)
    if not os.access(incoming, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        return f"{incoming} is not writable for user {os.geteuid()}; let the worker's user own it"
    if found.st_mode & stat.S_ISVTX and found.st_uid != os.geteuid() and not _is_exempt():
        return (
            f"{incoming} is sticky and belongs to user {found.st_uid}, so that user {os.geteuid()} may not move what "
            f"others put there; `chmod -t` it, or let the worker's user own it"
        )
    return None


def _is_exempt() -> bool:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> _CAP_FOWNER & 1)
    return False
