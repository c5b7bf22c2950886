"""Purge: remove files whose time of keeping is over; the ledger keeps a row for each, so that the audit still holds.

First the ledger says that a path is to go, then it goes, then the ledger says that it is gone. A purge that breaks off
in between is ended by the next one.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from worker import durable
from worker.ledger import Ledger
from xray.errors import SetupError

_GROUP = 500
"""Rows at a time: the worker waits for the ledger no longer than such a group takes."""

_DUE = {
    "source": (
        "SELECT id, destination, size_bytes FROM file WHERE state = 'closed' AND decided < ? AND purge IS NOT 'done'"
        " AND NOT EXISTS (SELECT 1 FROM file AS newer WHERE newer.revision_of = file.id)"
    ),
    "result": (
        "SELECT output.id, path, 0 FROM output JOIN file ON file.id = output.id"
        " WHERE state = 'closed' AND decided < ? AND output.purge IS NOT 'done'"
    ),
}
_MARK = {
    # Asked again inside the transaction: a requeue may have come first.
    "source": (
        "UPDATE file SET purge = ? WHERE id = ? AND destination = ?"
        " AND NOT EXISTS (SELECT 1 FROM file AS newer WHERE newer.revision_of = file.id)"
    ),
    "result": "UPDATE output SET purge = ? WHERE id = ? AND path = ?",
}


@dataclass(frozen=True)
class Due:
    """What a purge would remove."""

    sources: int
    source_bytes: int
    results: int


def due(ledger: Ledger, before: float, *, results: bool) -> Due:
    """Count what was decided before this moment (seconds since 1970) and is still there."""
    sources, size_bytes = next(ledger.rows(f"SELECT count(*), total(size_bytes) FROM ({_DUE['source']})", (before,)))
    found = next(ledger.rows(f"SELECT count(*) FROM ({_DUE['result']})", (before,)))[0] if results else 0
    return Due(sources, int(size_bytes), found)


def purge(root: Path, ledger: Ledger, before: float, *, results: bool, progress: Callable[[int], None]) -> None:
    """Remove the sources, and the results if asked, of what was decided before this moment.

    Args:
        root: The drop folder.
        ledger: Open for writing; a worker may run meanwhile.
        before: Wall clock, seconds since 1970.
        results: Remove results too, and forget the names under which their files were sent.
        progress: Told after each group how many files it held.

    Raises:
        SetupError: A file may not be removed, or the disk does not confirm it.
    """
    anchor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for what in ("source", "result") if results else ("source",):
            rows = list(ledger.rows(_DUE[what], (before,)))
            for start in range(0, len(rows), _GROUP):
                group = [(id, path) for id, path, _ in rows[start : start + _GROUP]]
                _remove(root, ledger, what, group, anchor)
                progress(len(group))
    finally:
        os.close(anchor)
    if results:
        _remove_empty_days(root / "results")


def _remove(root: Path, ledger: Ledger, what: str, group: list[tuple[str, str]], anchor: int) -> None:
    with ledger.transaction() as database:
        going = _mark(database, what, "asked", group)
    for _, path in going:
        try:
            os.unlink(root / path)
        except FileNotFoundError:
            pass  # an earlier purge came so far, or somebody else removed it
        except OSError as error:
            raise SetupError(
                f"{path} cannot be removed ({error.strerror}); purge again as a user who may, such as the worker's"
            ) from error
    durable.sync_all(anchor)
    with ledger.transaction() as database:
        _mark(database, what, "done", going)
        if what == "result":
            database.executemany("UPDATE file SET name = x'' WHERE id = ?", [(id,) for id, _ in going])


def _mark(
    database: sqlite3.Connection, what: str, mark: str, group: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return those that were marked."""
    return [(id, path) for id, path in group if database.execute(_MARK[what], (mark, id, path)).rowcount]


def _remove_empty_days(results: Path) -> None:
    """Remove the folders of days without results; the last days' stay, for the worker may be about to write there."""
    recent = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y/%m/%d")
    for pattern in ("*/*/*", "*/*", "*"):
        for folder in results.glob(pattern):
            if str(folder.relative_to(results)) < recent[: len(str(folder.relative_to(results)))]:
                with contextlib.suppress(OSError):
                    folder.rmdir()
