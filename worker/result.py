"""The result of one arrival: the document that every sink writes in its own form (docs/result.md)."""

from datetime import UTC, datetime
from typing import Any

from worker.claim import Decision
from worker.model import Model
from worker.names import escape
from xray.radiograph import Identity
from xray.reasons import Reason

SCHEMA = 1


def document(
    decision: Decision,
    model: Model,
    decided: float,
    *,
    duplicate_of: str | None = None,
    answer: dict[str, Any] | None = None,
    identity: bool = True,
) -> dict[str, Any]:
    """Write down a decision.

    Args:
        decision: What was decided.
        model: With which model.
        decided: Wall clock, seconds since 1970.
        duplicate_of: Id of the first file with the same bytes.
        answer: What that file was answered, where it is to be said again.
        identity: Tell what was sent: its name, and what names the picture in its header.
    """
    claim, reason = decision.claim, decision.reason
    names = decision.identity if identity and decision.identity else Identity()
    if answer is None:
        answer = _answer(decision)
    return {
        "schema": SCHEMA,
        "id": claim.id,
        "source": {
            "name": escape(claim.name) if identity else None,
            "sha256": decision.sha256,
            "size_bytes": claim.signature.size_bytes if decision.size_bytes is None else decision.size_bytes,
            "format": decision.format,
            "sop_instance_uid": names.sop_instance_uid,
            "study_instance_uid": names.study_instance_uid,
            "accession_number": names.accession_number and escape(names.accession_number),
        },
        "received": timestamp(claim.received),
        "decided": timestamp(decided),
        "outcome": decision.outcome,
        "reason": reason and reason.value,
        "message": reason and _message(reason, decision.detail),
        **answer,
        "model": {"name": model.name, "version": model.version, "sha256": model.sha256, "profile": model.profile},
        "durations": decision.durations,
        "duplicate_of": duplicate_of,
        "revision_of": claim.revision_of,
        "not_for_diagnosis": True,
    }


def _message(reason: Reason, detail: str) -> str:
    """The reason's sentence, and what exactly was expected and came; a detail never holds text out of a file."""
    return f"{reason.sentence} {detail[0].upper()}{detail[1:].removesuffix('.')}." if detail else reason.sentence


ANSWER_KEYS = ("scores", "probabilities", "finding", "decision", "operating_point", "image")


def _answer(decision: Decision) -> dict[str, Any]:
    answer = decision.answer
    if answer is None:
        return dict.fromkeys(ANSWER_KEYS)
    return {key: getattr(answer, key) for key in ANSWER_KEYS}


def timestamp(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day(seconds: float) -> str:
    """The day as a path: YYYY/MM/DD, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y/%m/%d")
