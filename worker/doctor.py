"""The doctor: makes a ledger anew from what lies in the folders, when the old one is damaged or lost.

Everything that the ledger promised to the outside can be seen there: a result names its file, its outcome and its
digest, and the place of a source tells whether it was put away. What only the ledger knew is the name of a file that
is still in `work`; it is asked of the damaged one, which may still know.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from worker import durable
from worker.claim import Claim, Signature
from worker.folders import Folders
from worker.ids import is_id
from worker.ledger import Ledger, Output, Publication, Step
from worker.names import unescape
from worker.promise import EXTENSIONS
from worker.publish import ASIDE_SUFFIX
from xray.errors import SetupError

_PARTS = ("", "-wal", "-shm", "-journal")


@dataclass
class Rebuilt:
    """What was found, and made of it."""

    kept: str | None = None
    """Where the old ledger lies now."""
    rows: Counter[str] = field(default_factory=Counter)
    """By state."""
    remarks: list[str] = field(default_factory=list)
    """Sentences about what does not fit together."""


def rebuild(folders: Folders, ledger: Path, now: float) -> Rebuilt:
    """Move the ledger aside, and write another one.

    The new one is written under another name and renamed, so that a crash leaves either none or all of it.

    Raises:
        SetupError: The new ledger cannot be written.
    """
    report = Rebuilt()
    aside = ledger.with_name(f"{ledger.name}.damaged-{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now))}")
    for part in _PARTS:
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{ledger}{part}", f"{aside}{part}")
            report.kept = str(aside)
    fresh = ledger.with_name(f"{ledger.name}.new")
    for part in _PARTS:
        Path(f"{fresh}{part}").unlink(missing_ok=True)
    _return_orphans(folders, report)
    claims, publications, closed = _read(folders, _remembered(aside), report)
    everything = [*claims, *(claim for claim, _ in publications)]
    without = [
        id for id, source in closed.items() if source is None and id not in {one.revision_of for one in everything}
    ]
    report.remarks += [f"{id}: its file is gone; taken as purged" for id in without]
    with contextlib.closing(Ledger(fresh)) as book:
        book.commit(Step(intents=everything))
        book.commit(Step(publications=[publication for _, publication in publications]))
        book.commit(Step(closed=list(closed)))
        with book.transaction() as database:
            database.executemany("UPDATE file SET purge = 'done' WHERE id = ?", [(id,) for id in without])
    report.rows.update({"closed": len(closed), "decided": len(publications) - len(closed), "intent": len(claims)})
    os.rename(fresh, ledger)  # closing it brought all of its log into it
    anchor = os.open(folders.root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        durable.sync([str(ledger.parent)], anchor)
        durable.sync_all(anchor)
    finally:
        os.close(anchor)
    return report


def _return_orphans(folders: Folders, report: Rebuilt) -> None:
    """A source that was put away without a result was never answered: it is ours to read again."""
    answered = {path.stem for path in _files(folders.results)}
    for path in [*_files(folders.done), *_files(folders.quarantine)]:
        if is_id(path.stem) and path.stem not in answered:
            os.rename(path, folders.work / path.stem)
            report.remarks.append(f"{path.stem}: its result is gone; it is read again")


def _read(
    folders: Folders, remembered: dict[str, tuple[bytes, str | None]], report: Rebuilt
) -> tuple[list[Claim], list[tuple[Claim, Publication]], dict[str, Path | None]]:
    """Return what is still to be read, what was decided, and of that what is closed, with its source."""
    sources = {path.stem: path for path in [*_files(folders.done), *_files(folders.quarantine)]}
    waiting = {path.name: path for path in _files(folders.work) if not path.name.endswith(ASIDE_SUFFIX)}
    documents: dict[str, list[Path]] = {}
    for path in _files(folders.results):
        documents.setdefault(path.stem, []).append(path)
    publications, closed = [], {}
    for id in sorted(documents):
        document = _document(documents[id])
        if document is None or not is_id(id):
            report.remarks.append(f"{id}: a result that no worker wrote; left where it is")
            continue
        source = sources.get(id) or waiting.get(id)
        publications.append(_decided(folders, id, document, documents[id], source))
        if id not in waiting:
            closed[id] = source
    answered = {publication.id for _, publication in publications}
    claims = []
    for id, path in sorted(waiting.items()):
        if is_id(id) and id not in answered:
            name, revision_of = remembered.get(id) or (id.encode(), None)
            found = os.lstat(path)
            claims.append(
                Claim(id, os.fsdecode(name), Signature.of(found), found.st_ctime, 0.0, 0.0, revision_of=revision_of)
            )
    return claims, publications, closed


def _decided(
    folders: Folders, id: str, document: dict[str, Any], paths: list[Path], source: Path | None
) -> tuple[Claim, Publication]:
    told, reason = document["source"], document["reason"]
    signature = Signature.of(os.lstat(source)) if source else Signature(0, told["size_bytes"], 0, 1, 0)
    place = f"quarantine/{reason}" if reason else "done"
    outputs = []
    for path in sorted(paths):
        content = path.read_bytes()
        outputs.append(Output(str(path.relative_to(folders.root)), content, hashlib.sha256(content).digest()))
    name = unescape(told.get("name") or id)
    claim = Claim(id, name, signature, _seconds(document["received"]), 0.0, 0.0, document["revision_of"])
    publication = Publication(
        id=id,
        outcome=document["outcome"],
        destination=f"{place}/{id}.{EXTENSIONS.get(told['format'] or '', 'bin')}",
        outputs=tuple(outputs),
        decided=_seconds(document["decided"]),
        reason=reason,
        sha256=bytes.fromhex(told["sha256"]) if told["sha256"] else None,
        model=None if reason else bytes.fromhex(document["model"]["sha256"]),
        duplicate_of=document["duplicate_of"],
    )
    return claim, publication


def _seconds(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()


def _document(paths: list[Path]) -> dict[str, Any] | None:
    for path in paths:
        if path.suffix == ".json":
            with contextlib.suppress(ValueError):
                document = json.loads(path.read_bytes())
                if isinstance(document, dict) and document.get("id") == path.stem:
                    return document
    return None


def _remembered(damaged: Path) -> dict[str, tuple[bytes, str | None]]:
    """Return the name, and the id that it revises, of each file that a damaged ledger still knows as not decided."""
    found: dict[str, tuple[bytes, str | None]] = {}
    with contextlib.suppress(sqlite3.Error, SetupError), contextlib.closing(Ledger(damaged, read_only=True)) as book:
        for id, name, revision_of in book.rows("SELECT id, name, revision_of FROM file WHERE state = 'intent'"):
            found[id] = name, revision_of
    return found


def _files(folder: Path) -> Iterator[Path]:
    for above, _, files in os.walk(folder):
        yield from (Path(above, file) for file in files)
