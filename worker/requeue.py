"""Requeue: have a file that was answered or refused read again; the old result stays, the new one names it.

The request is the intent itself, one row that the worker finds in the ledger (docs/decisions/0010). There is nothing
between asking and carrying out that a crash could lose, and a second row for the same file is against the schema.
"""

import os
from pathlib import Path

from worker.claim import Signature
from worker.ids import is_id
from worker.ledger import Ledger
from xray.errors import SetupError


def requeue(root: Path, ledger: Ledger, old: str, new: str, received: float) -> str:
    """Write the intent for a file that lies in `done` or `quarantine`.

    Args:
        root: The drop folder.
        ledger: Open for writing; a worker may run meanwhile.
        old: Id of the result to be revised.
        new: Id of the new one.
        received: Wall clock, seconds since 1970.

    Raises:
        SetupError: There is no such file, or it is not there to be read again.
    """
    if not is_id(old):
        raise SetupError(f"{old!r} is not an id: expected 26 capital letters and digits, as in the name of a result")
    with ledger.transaction() as database:
        row = database.execute("SELECT state, destination, purge FROM file WHERE id = ?", (old,)).fetchone()
        if row is None:
            raise SetupError(f"{old}: the ledger knows no such file; `lungwatch-worker status` says what it knows")
        state, destination, purge = row
        if state != "closed":
            raise SetupError(f"{old}: is still in hand; wait for its result")
        newer = database.execute("SELECT id FROM file WHERE revision_of = ?", (old,)).fetchone()
        if newer is not None:
            raise SetupError(f"{old}: was requeued already, as {newer[0]}; requeue that one")
        if purge is not None:
            raise SetupError(f"{old}: its file was purged; send it again")
        try:
            found = Signature.of(os.lstat(root / destination))
        except FileNotFoundError as error:
            raise SetupError(f"{old}: its file is no longer at {destination}; send it again") from error
        database.execute(
            "INSERT INTO file (id, state, name, inode, size_bytes, mtime_ns, received, revision_of)"
            " SELECT ?, 'intent', name, ?, ?, ?, ?, id FROM file WHERE id = ?",
            (new, *found[:3], received, old),
        )
    return new
