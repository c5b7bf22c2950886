"""From a decision to the promise that goes into the ledger: exactly what will be published, and where."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from worker import result
from worker.claim import Decision
from worker.ledger import Ledger, Output, Publication
from worker.model import Model
from worker.sinks import SINKS

EXTENSIONS = {"JPEG": "jpeg", "PNG": "png", "TIFF": "tiff", "DICOM": "dcm"}
"""By the format that the bytes have; a sender's extension is not believed, and `bin` is for the rest."""


class Promises:
    """Writes promises, and knows the bytes that were answered before."""

    def __init__(
        self, ledger: Ledger, model: Model, root: Path, wall: Callable[[], float], *, identity: bool = True
    ) -> None:
        self._ledger = ledger
        self._model = model
        self._model_digest = bytes.fromhex(model.sha256)
        self._root = root
        self._wall = wall
        self._identity = identity

    def write(self, decisions: list[Decision]) -> list[tuple[Publication, dict[str, Any]]]:
        """Return a promise and its document for each decision of one ledger step."""
        fresh: dict[str, dict[str, Any]] = {}
        written = []
        for decision in decisions:
            publication, document = self._write(decision, fresh)
            if decision.sha256 and publication.duplicate_of is None:
                fresh[decision.sha256] = document
            written.append((publication, document))
        return written

    def _write(self, decision: Decision, fresh: dict[str, dict[str, Any]]) -> tuple[Publication, dict[str, Any]]:
        decided = self._wall()
        first, answer = self._first(decision, fresh)
        document = result.document(
            decision, self._model, decided, duplicate_of=first, answer=answer, identity=self._identity
        )
        day = result.day(decided)
        outputs = []
        for render in SINKS.values():
            path, content = render(document, day)
            outputs.append(Output(path, content, hashlib.sha256(content).digest()))
        claim, reason = decision.claim, decision.reason
        place = f"quarantine/{reason.value}" if reason else "done"
        publication = Publication(
            id=claim.id,
            outcome=decision.outcome,
            destination=f"{place}/{claim.id}.{EXTENSIONS.get(decision.format or '', 'bin')}",
            outputs=tuple(outputs),
            decided=decided,
            reason=reason.value if reason else None,
            detail=decision.detail,
            sha256=bytes.fromhex(decision.sha256) if decision.sha256 else None,
            model=self._model_digest if reason is None else None,
            duplicate_of=first,
        )
        return publication, document

    def _first(self, decision: Decision, fresh: dict[str, dict[str, Any]]) -> tuple[str | None, dict[str, Any] | None]:
        """Return the id of the first file with the same bytes, and its answer if it still holds."""
        if not decision.sha256 or decision.size_bytes == 0:
            return None, None
        if decision.sha256 in fresh:
            document = fresh[decision.sha256]
            return document["id"], self._same_answer(decision, document)
        found = self._ledger.first_with(bytes.fromhex(decision.sha256))
        if found is None or found[0] in self._own(decision):
            return None, None
        id, model, outcome = found
        if model != self._model_digest or outcome != "answered" or decision.answer is None:
            return id, None
        return id, self._same_answer(decision, self._published(id))

    def _own(self, decision: Decision) -> set[str]:
        """Return the ids under which this very file was decided before: it is no duplicate of itself."""
        claim = decision.claim
        return {claim.id, *(self._ledger.ancestors(claim.revision_of) if claim.revision_of else ())}

    def _same_answer(self, decision: Decision, document: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return the first file's answer where it was given by the same rules: no two answers for the same bytes."""
        if decision.answer is None or document is None or document["outcome"] != "answered":
            return None
        if document["operating_point"] != decision.answer.operating_point:
            return None
        return {key: document[key] for key in result.ANSWER_KEYS}

    def _published(self, id: str) -> dict[str, Any] | None:
        for path, content in self._ledger.outputs(id):
            if path.endswith(".json"):
                try:
                    document: dict[str, Any] = json.loads(content or (self._root / path).read_bytes())
                except (OSError, ValueError):  # purged, or somebody edited it: this file's own answer stands
                    return None
                return document
        return None
