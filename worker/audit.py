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
        ledger: Read only; one transaction, so that a running worker does not blur the picture.
        digests: Read every result and source, and compare its digest.
    """
    report = Audit()
    named: set[str] = set()
    rows = list(ledger.rows("SELECT id, state, outcome, reason, destination, sha256 FROM file"))
    outputs: dict[str, list[tuple[str, bytes]]] = {}
    for id, path, sha256 in ledger.rows("SELECT id, path, sha256 FROM output"):
        outputs.setdefault(id, []).append((path, sha256))
    for id, state, outcome, reason, destination, sha256 in rows:
        if state != "closed":
            report.in_hand += 1
            named.update(path for path, _ in outputs.get(str(id), []))
            named.add(str(destination))
            continue
        if outcome == "answered":
            report.answered += 1
        else:
            report.refused += 1
            report.reasons[str(reason)] += 1
        named.add(str(destination))
        _check(report, folders.root, str(id), str(destination), sha256 if digests else None, "source")
        if not outputs.get(str(id)):
            report.faults.append(f"{id}: was closed without a result")
        for path, promised in outputs.get(str(id), []):
            named.add(path)
            _check(report, folders.root, str(id), path, promised if digests else None, "result")
    _strangers(report, folders, named, {str(row[0]) for row in rows})
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


def _strangers(report: Audit, folders: Folders, named: set[str], ids: set[str]) -> None:
    for folder in (folders.results, folders.done, folders.quarantine):
        for above, _, files in os.walk(folder):
            for file in files:
                if os.path.relpath(os.path.join(above, file), folders.root) not in named:
                    report.faults.append(f"a file in {folder.name} belongs to no row of the ledger")
    for entry in os.listdir(folders.work):
        if not entry.endswith(ASIDE_SUFFIX) and entry not in ids:
            report.faults.append("a file in work belongs to no row of the ledger")
