"""What a reader said about a file, held against what a reader may say.

A reader runs decoders on bytes from outside. Should one of them be taken over, its words must not take the parent
with them: a number that is none, a made-up stage or a digest that is no digest would stop the loop for all files.
"""

import json
import re
from typing import Any, NoReturn

from worker.claim import Answer, Claim, Decision
from worker.names import escape
from xray.radiograph import Identity
from xray.reasons import Reason

STAGES = frozenset({"read", "decode", "preprocess", "predict", "decide"})
"""Stages of reading one file that a reader times."""

FORMATS = frozenset({"JPEG", "PNG", "TIFF", "DICOM", None})
_REASONS = {reason.value: reason for reason in Reason}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONGEST_DETAIL = 300
_LONGEST_VALUE = 64


def parse(message: bytes) -> dict[str, Any]:
    """Read one message.

    Raises:
        ValueError: It is not a JSON object, or holds a number that JSON has not.
    """
    reply = json.loads(message, parse_constant=_refuse)
    if not isinstance(reply, dict):
        raise ValueError("expected an object")
    return reply


def decision(claim: Claim, reply: dict[str, Any], queue: dict[str, float]) -> Decision:
    """Return what a reader decided about a claim; `queue` is the stage before reading.

    Raises:
        ValueError: No sound reader says so.
    """
    _expect(reply.get("id") == claim.id)
    answer, reason = reply.get("answer"), reply.get("reason")
    _expect((answer is None) != (reason is None))
    _expect(reason is None or reason in _REASONS)
    sha256, size_bytes, format = reply.get("sha256"), reply.get("size_bytes"), reply.get("format")
    _expect(sha256 is None or bool(_DIGEST.fullmatch(sha256)))
    _expect(size_bytes is None or (type(size_bytes) is int and size_bytes >= 0))
    _expect(format in FORMATS)
    durations = {stage: _seconds(value) for stage, value in reply.get("durations", {}).items() if stage in STAGES}
    return Decision(
        claim,
        answer=None if answer is None else _answer(answer),
        reason=None if reason is None else _REASONS[reason],
        detail=escape(str(reply.get("detail", "")))[:_LONGEST_DETAIL],
        sha256=sha256,
        size_bytes=size_bytes,
        format=format,
        identity=_identity(reply.get("identity")),
        durations=queue | durations,
    )


def _answer(said: dict[str, Any]) -> Answer:
    try:
        answer = Answer(**said)
    except TypeError as error:
        raise ValueError("not the keys of an answer") from error
    for numbers in (answer.scores, answer.probabilities):
        _expect(type(numbers) is dict and all(type(value) in (int, float) for value in numbers.values()))
    _expect(answer.finding in answer.scores and type(answer.decision) is str)
    _expect(type(answer.image) is dict and type(answer.operating_point) in (dict, type(None)))
    return answer


def _identity(said: object) -> Identity | None:
    if said is None:
        return None
    if not isinstance(said, dict) or not said.keys() <= Identity.__dataclass_fields__.keys():
        raise ValueError("not the keys of an identity")
    for value in said.values():
        _expect(value is None or (isinstance(value, str) and len(value) <= _LONGEST_VALUE))
    return Identity(**said)


def _seconds(value: object) -> float:
    if type(value) not in (int, float):
        raise ValueError("expected seconds")
    assert isinstance(value, int | float)
    return max(float(value), 0.0)


def _expect(sound: bool) -> None:
    if not sound:
        raise ValueError("not what a reader says")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
