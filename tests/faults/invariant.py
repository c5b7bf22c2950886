"""The promise, checked from outside: with eyes for files and JSON only, knowing nothing of the ledger.

Every file that landed has exactly one result; its bytes lie in `done` or in `quarantine`, once; nothing lies in `work`
or waits; and what was ever to be seen under `results` was whole, and never changed.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

_SCHEMA = Path(__file__).parents[2] / "worker" / "result.schema.json"


@dataclass
class Witness:
    """Looks at a root now and then, and remembers."""

    root: Path
    landed: dict[str, bytes]
    """Name to content of everything that was dropped."""
    seen: dict[str, bytes] = field(default_factory=dict)
    """Result's path to its bytes, as first seen."""

    def look(self) -> list[str]:
        """Return what is wrong with what can be seen now, after a crash or during a run."""
        wrong = []
        for path in _files(self.root / "results"):
            name, content = str(path.relative_to(self.root)), path.read_bytes()
            if self.seen.setdefault(name, content) != content:
                wrong.append("a result that was seen has changed")
            problem = _problem(content)
            if problem:
                wrong.append(f"a result is not whole: {problem}")
        for name in self.seen:
            if not (self.root / name).exists():
                wrong.append("a result that was seen has gone")
        return wrong

    def verdict(self) -> list[str]:
        """Return what is wrong now that all should be done."""
        wrong = self.look()
        if wrong:
            return wrong
        results = [json.loads(path.read_bytes()) for path in _files(self.root / "results")]
        counts = Counter(one["source"]["name"] for one in results)
        wrong += [f"{counts[name]} results for {name}" for name in self.landed if counts[name] != 1]
        wrong += [f"a result for {name}, which never landed" for name in counts.keys() - self.landed.keys()]
        kept = {path.stem: path for folder in ("done", "quarantine") for path in _files(self.root / folder)}
        if len(kept) != sum(1 for folder in ("done", "quarantine") for _ in _files(self.root / folder)):
            wrong.append("a source lies in two places")
        wrong += ["a source without a result" for id in kept.keys() - {one["id"] for one in results}]
        for one in results:
            wrong += _misplaced(one, kept.get(one["id"]), self.landed.get(one["source"]["name"]), self.root)
        for folder in ("work", "incoming"):
            wrong += [f"something is left in {folder}: {path.name}" for path in _files(self.root / folder)]
        return wrong


def _misplaced(result: dict[str, Any], source: Path | None, content: bytes | None, root: Path) -> list[str]:
    name = result["source"]["name"]
    if source is None or content is None:
        return [f"the bytes of {name} are nowhere"]
    folder = "done" if result["outcome"] == "answered" else f"quarantine/{result['reason']}"
    wrong = []
    if source.parent != root / folder:
        wrong.append(f"{name} is not in {folder}")
    if source.read_bytes() != content:
        wrong.append(f"the bytes of {name} are not those that landed")
    if result["source"]["sha256"] not in (None, hashlib.sha256(content).hexdigest()):
        wrong.append(f"the result for {name} is about other bytes")
    return wrong


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if not path.is_dir()) if folder.is_dir() else []


@cache
def _validator() -> Any:
    schema = json.loads(_SCHEMA.read_bytes())
    return jsonschema.validators.validator_for(schema)(schema)


def _problem(content: bytes) -> str | None:
    try:
        document = json.loads(content)
    except ValueError as error:
        return f"{len(content)} bytes, {error}"
    error = next(_validator().iter_errors(document), None)
    return error and error.message
