"""The audit: does every file that was ever seen lie where the ledger says, with the result that it promised?"""

import hashlib
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from worker.folders import Folders
from worker.ledger import Ledger
from worker.publish import ASIDE_SUFFIX


@dataclass
class Audit:
    """seen = answered + refused + waiting, and each has its file."""

    answered: int = 0
    refused: int = 0
    in_hand: int = 0
    """Claimed, and not closed yet."""
    waiting: int = 0
    """In the incoming folder."""
    purged: int = 0
    """Sources removed by `purge`; their rows stay."""
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """Sentences, one for each way in which the invariant does not hold."""

    @property
    def seen(self) -> int:
        return self.answered + self.refused + self.in_hand + self.waiting


def audit(folders: Folders, ledger: Ledger, *, digests: bool = True) -> Audit:
    """Compare the ledger with the folders.

    Args:
        folders: The drop folder.
        ledger: Read only. A worker may run meanwhile, and files move: only a fault that is seen twice is one.
        digests: Read every result and source, and compare its digest.
    """
    report = _look(folders, ledger, digests=digests)
    if report.faults:
        first, report = report, _look(folders, ledger, digests=digests)
        report.faults = list((Counter(first.faults) & Counter(report.faults)).elements())
    return report


def _look(folders: Folders, ledger: Ledger, *, digests: bool) -> Audit:
    report = Audit()
    # Before the ledger: whatever can be seen was promised by then.
    seen = _listing(folders)
    named: set[str] = set()
    query = "SELECT id, state, outcome, reason, destination, sha256, purge, revision_of, name FROM file"
    rows = list(ledger.rows(query))
    revised = {str(row[7]) for row in rows if row[7]}
    before_requeue = {str(row[0]): str(row[4]) for row in rows if row[0] in revised}
    outputs: dict[str, list[tuple[str, bytes, str | None]]] = {}
    for id, path, sha256, purge in ledger.rows("SELECT id, path, sha256, purge FROM output"):
        outputs.setdefault(id, []).append((path, sha256, purge))
    for id, state, outcome, reason, destination, sha256, purge, revision_of, name in rows:
        if state != "closed":
            report.in_hand += 1
            _check_in_hand(report, folders, str(id), state, os.fsdecode(name), str(destination), revision_of)
            named.update(path for path, _, _ in outputs.get(str(id), []))
            named.add(str(destination))
            if state == "intent" and revision_of:
                named.add(before_requeue.get(str(revision_of), ""))
            continue
        if outcome == "answered":
            report.answered += 1
        else:
            report.refused += 1
            report.reasons[str(reason)] += 1
        report.purged += purge is not None
        if id in revised:
            pass  # its source went on to the row that revises it
        elif purge is None:
            named.add(str(destination))
            _check(report, folders.root, str(id), str(destination), sha256 if digests else None, "source")
        elif purge == "asked":  # a purge is at work, or broke off: the next one ends it
            named.add(str(destination))
        if not outputs.get(str(id)):
            report.faults.append(f"{id}: was closed without a result")
        for path, promised, purge in outputs.get(str(id), []):
            if purge != "done":
                named.add(path)
            if purge is None:
                _check(report, folders.root, str(id), path, promised if digests else None, "result")
    _strangers(report, seen, named, {str(row[0]) for row in rows})
    report.waiting = sum(len(files) for _, _, files in os.walk(folders.incoming))
    return report


def _check(report: Audit, root: Path, id: str, path: str, digest: object, what: str) -> None:
    try:
        if digest is None or not (root / path).is_file() or (root / path).is_symlink():
            os.lstat(root / path)
        elif hashlib.sha256((root / path).read_bytes()).digest() != digest:
            report.faults.append(f"{id}: its {what} is not what was promised (digest differs)")
    except FileNotFoundError:
        report.faults.append(f"{id}: its {what} is missing")


def _check_in_hand(
    report: Audit, folders: Folders, id: str, state: str, name: str, destination: str, revision_of: str | None
) -> None:
    places = [folders.work / id]
    if state == "decided":
        places.append(folders.root / destination)
    elif not revision_of:
        places.append(folders.incoming / name)
    if (state == "decided" or not revision_of) and not any(map(os.path.lexists, places)):
        report.faults.append(f"{id}: is in hand, and its file is nowhere")


def _listing(folders: Folders) -> list[tuple[str, str]]:
    """Return (folder, path relative to the root) of everything that should belong to a row."""
    found = [
        (folder.name, os.path.relpath(os.path.join(above, file), folders.root))
        for folder in (folders.results, folders.done, folders.quarantine)
        for above, _, files in os.walk(folder)
        for file in files
    ]
    return found + [("work", entry) for entry in os.listdir(folders.work) if not entry.endswith(ASIDE_SUFFIX)]


def _strangers(report: Audit, seen: list[tuple[str, str]], named: set[str], ids: set[str]) -> None:
    for folder, path in seen:
        if path not in (ids if folder == "work" else named):
            report.faults.append(f"a file in {folder} belongs to no row of the ledger")
