"""The ledger: what was promised about each file, written down before it is done.

A file's row goes intent → decided → closed. `intent` is durable before the file is moved out of `incoming`,
`decided`, with the exact bytes of everything that will be published, before anything is visible, and `closed` after
all of it is on the disk. So whatever a crash leaves behind can be finished, and finishing twice changes nothing.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker.claim import Claim, Signature
from worker.pauses import unusable
from xray.errors import SetupError

VERSION = 2

_SCHEMA = f"""
CREATE TABLE file (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('intent', 'decided', 'closed')),
    name BLOB NOT NULL,
    inode INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    received REAL NOT NULL,
    revision_of TEXT,
    decided REAL,
    outcome TEXT,
    reason TEXT,
    detail TEXT,
    sha256 BLOB,
    model BLOB,
    duplicate_of TEXT,
    destination TEXT,
    purge TEXT CHECK (purge IN ('asked', 'done'))
) WITHOUT ROWID;
CREATE INDEX file_first ON file (sha256) WHERE sha256 IS NOT NULL AND duplicate_of IS NULL;
CREATE INDEX file_open ON file (state) WHERE state <> 'closed';
CREATE UNIQUE INDEX file_revision ON file (revision_of) WHERE revision_of IS NOT NULL;
CREATE INDEX file_requeued ON file (id) WHERE revision_of IS NOT NULL AND state = 'intent';
CREATE TABLE output (
    id TEXT NOT NULL,
    path TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    content BLOB,
    purge TEXT CHECK (purge IN ('asked', 'done')),
    PRIMARY KEY (id, path)
) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True, slots=True)
class Output:
    """One file to be published."""

    path: str
    """Relative to the root."""
    content: bytes
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Publication:
    """A decision in the form in which it is promised: what to publish, and where the source goes."""

    id: str
    outcome: str
    destination: str
    """Relative to the root: `done/…` or `quarantine/<reason>/…`."""
    outputs: tuple[Output, ...]
    decided: float = 0.0
    reason: str | None = None
    detail: str = ""
    sha256: bytes | None = None
    model: bytes | None = None
    duplicate_of: str | None = None


@dataclass
class Step:
    """What one transaction makes durable."""

    intents: Sequence[Claim] = ()
    publications: Sequence[Publication] = ()
    closed: Sequence[str] = ()
    dropped: Sequence[str] = field(default=())
    """Intents whose file is no longer in `incoming`, or could not be moved."""

    def __bool__(self) -> bool:
        return bool(self.intents or self.publications or self.closed or self.dropped)


class Ledger:
    """The ledger, opened, used and closed by one thread. The worker writes it; so do `requeue` and `purge`, row by row.

    Raises:
        SetupError: The file is damaged, or not a ledger of this version, or cannot be opened.
    """

    def __init__(self, path: Path, *, read_only: bool = False, check: bool = False) -> None:
        self._path = path
        try:
            if read_only:
                self._database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
            else:
                self._database = sqlite3.connect(path, isolation_level=None, cached_statements=32)
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute("PRAGMA busy_timeout = 5000")
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version == 0 and not read_only:
                self._database.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
            elif version != VERSION:
                raise SetupError(f"the ledger {path} has version {version}, this worker reads {VERSION}")
            if check:
                self._check()
            self._file = os.stat(path)
        except sqlite3.DatabaseError as error:
            raise unusable(path, error) from error

    def _check(self) -> None:
        """Look for damage now: found later, it would be in the middle of a promise. 0.4 s for 200,000 files."""
        (found,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        # Commits that the disk has not confirmed may have been read from the kernel's memory just now.
        self._database.execute("PRAGMA wal_checkpoint(FULL)")

    @property
    def in_place(self) -> bool:
        """Whether the file that we write is still the one at our path."""
        try:
            return os.path.samestat(os.stat(self._path), self._file)
        except FileNotFoundError:
            return False

    @property
    def is_empty(self) -> bool:
        return self._database.execute("SELECT 1 FROM file LIMIT 1").fetchone() is None

    def commit(self, step: Step) -> None:
        """Write a step, and return when it is on the disk. All of it or nothing."""
        with self.transaction() as database:
            database.executemany("DELETE FROM file WHERE id = ? AND state = 'intent'", [(id,) for id in step.dropped])
            database.executemany(
                "INSERT INTO file (id, state, name, inode, size_bytes, mtime_ns, received, revision_of)"
                " VALUES (?, 'intent', ?, ?, ?, ?, ?, ?)",
                map(_intent, step.intents),
            )
            database.executemany(
                "UPDATE file SET state = 'decided', outcome = ?, destination = ?, decided = ?, reason = ?, detail = ?,"
                " sha256 = ?, model = ?, duplicate_of = ? WHERE id = ? AND state = 'intent'",
                map(_decided, step.publications),
            )
            database.executemany(
                "INSERT INTO output (id, path, sha256, content) VALUES (?, ?, ?, ?)",
                [(one.id, out.path, out.sha256, out.content) for one in step.publications for out in one.outputs],
            )
            # What was published lies on the disk now; the digest is enough to prove it.
            database.executemany("UPDATE output SET content = NULL WHERE id = ?", [(id,) for id in step.closed])
            database.executemany("UPDATE file SET state = 'closed' WHERE id = ?", [(id,) for id in step.closed])

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing; on the disk when this returns. Others wait meanwhile, so it must be short."""
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    def first_with(self, sha256: bytes) -> tuple[str, bytes | None, str] | None:
        """Return (id, model, outcome) of the first file with these bytes that was decided, or None."""
        found: tuple[str, bytes | None, str] | None = self._database.execute(
            "SELECT id, model, outcome FROM file WHERE sha256 = ? AND duplicate_of IS NULL ORDER BY id LIMIT 1",
            (sha256,),
        ).fetchone()
        return found

    def outputs(self, id: str) -> list[tuple[str, bytes | None]]:
        """Return (path, content) of what was or will be published; content is None once it lies on the disk."""
        return self._database.execute("SELECT path, content FROM output WHERE id = ?", (id,)).fetchall()

    def intents(self) -> list[Claim]:
        """Return the claims that were never decided, for recovery. Their monotonic times are 0."""
        rows = self._database.execute(
            "SELECT id, name, inode, size_bytes, mtime_ns, received, revision_of FROM file WHERE state = 'intent'"
        )
        return [
            Claim(id, os.fsdecode(name), Signature(inode, size, mtime, 1, 0), received, 0.0, 0.0, revision)
            for id, name, inode, size, mtime, received, revision in rows
        ]

    def requeued(self) -> list[Claim]:
        """Return the claims that `worker.requeue` has written: their files still lie where the old rows say."""
        rows = self._database.execute(
            "SELECT new.id, new.name, new.inode, new.size_bytes, new.mtime_ns, new.received, old.id, old.destination"
            " FROM file AS new JOIN file AS old ON old.id = new.revision_of"
            " WHERE new.revision_of IS NOT NULL AND new.state = 'intent' ORDER BY new.id"
        )
        return [
            Claim(id, os.fsdecode(name), Signature(inode, size, mtime, 1, 0), received, 0.0, 0.0, old, place)
            for id, name, inode, size, mtime, received, old, place in rows
        ]

    def ancestors(self, id: str) -> set[str]:
        """Return this id and those that it revises, directly or not."""
        rows = self._database.execute(
            "WITH RECURSIVE line (id) AS (VALUES (?) UNION SELECT revision_of FROM file JOIN line USING (id))"
            " SELECT id FROM line WHERE id IS NOT NULL",
            (id,),
        )
        return {id for (id,) in rows}

    def decided(self) -> Iterator[Publication]:
        """Yield what was decided and perhaps not published, for recovery."""
        rows = self._database.execute(
            "SELECT id, outcome, destination, reason FROM file WHERE state = 'decided' ORDER BY id"
        ).fetchall()
        for id, outcome, destination, reason in rows:
            outputs = self._database.execute("SELECT path, content, sha256 FROM output WHERE id = ?", (id,))
            yield Publication(id, outcome, destination, tuple(Output(*row) for row in outputs), reason=reason)

    def rows(self, query: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Run a reading query, for `status` and `audit`."""
        return iter(self._database.execute(query, values))

    def close(self) -> None:
        self._database.close()


def _intent(claim: Claim) -> tuple[object, ...]:
    return claim.id, os.fsencode(claim.name), *claim.signature[:3], claim.received, claim.revision_of


def _decided(one: Publication) -> tuple[object, ...]:
    return (
        *(one.outcome, one.destination, one.decided, one.reason, one.detail),
        *(one.sha256, one.model, one.duplicate_of, one.id),
    )
