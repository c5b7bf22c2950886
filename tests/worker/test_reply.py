"""A reader's words are checked: should a decoder be taken over, the parent must not go with it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.worker.drawn import png
from worker.claim import Claim, Signature
from worker.engine.reply import decision, parse
from worker.reader import load
from xray.radiograph import Identity
from xray.reasons import Reason

CLAIM = Claim("ID", "name", Signature(1, 2, 3, 1, 0), 0.0, 0.0, 0.0)
ANSWER = {
    "scores": {"A": 1.0, "B": -1.0},
    "probabilities": {"A": 0.9, "B": 0.1},
    "finding": "A",
    "decision": "positive",
    "operating_point": None,
    "image": {"width": 64},
}
REPLY = {"id": "ID", "answer": ANSWER, "sha256": "ab" * 32, "size_bytes": 2, "format": "PNG", "durations": {"read": 1}}


def test_what_the_real_reader_says_is_believed(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(png(1))
    with (tmp_path / "a").open("rb") as file:
        said = load(tiny_model.read_bytes(), None).read(file.fileno()) | {"id": "ID"}
    found = decision(CLAIM, parse(json.dumps(said).encode()), {"queue": 0.5})
    assert found.answer is not None
    assert asdict(found.answer) == said["answer"]
    assert list(found.durations) == ["queue", "read", "decode", "preprocess", "predict", "decide"]


@pytest.mark.parametrize(
    "message", [b"", b"[]", b"{", b'{"a": NaN}', b'{"a": Infinity}', b"\xff\xfe", b"[" * 100_000, b"1" * 5000]
)
def test_what_is_no_json_object_is_rubbish(message: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse(message)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "ANOTHER"},
        {"id": None},
        {"answer": None},
        {"reason": "blank"},
        {"answer": None, "reason": "../../etc"},
        {"answer": None, "reason": ["blank"]},
        {"answer": {}},
        {"answer": ANSWER | {"more": 1}},
        {"answer": ANSWER | {"scores": {"A": "high"}}},
        {"answer": ANSWER | {"scores": {"A": True}}},
        {"answer": ANSWER | {"scores": []}},
        {"answer": ANSWER | {"finding": "C"}},
        {"answer": ANSWER | {"decision": 1}},
        {"answer": ANSWER | {"image": "none"}},
        {"sha256": "../.."},
        {"sha256": 1},
        {"size_bytes": -1},
        {"size_bytes": "1"},
        {"format": "EPS"},
        {"durations": {"read": "long"}},
        {"durations": []},
        {"identity": "somebody"},
        {"identity": {"name": "somebody"}},
        {"identity": {"sop_instance_uid": "1" * 65}},
        {"identity": {"sop_instance_uid": 1}},
    ],
    ids=str,
)
def test_what_no_sound_reader_says_is_rubbish(changes: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        decision(CLAIM, REPLY | changes, {})


def test_stages_that_nobody_measures_are_left_out_and_details_kept_short() -> None:
    said = REPLY | {"answer": None, "reason": "blank", "detail": "\x1b" * 999, "durations": {"made up": 1, "read": 2}}
    found = decision(CLAIM, said, {"queue": 0.0})
    assert found.durations == {"queue": 0.0, "read": 2.0}
    assert found.reason is Reason.BLANK
    assert found.detail.isprintable() and len(found.detail) <= 300


def test_an_identity_shows_nothing_of_itself() -> None:
    found = decision(CLAIM, REPLY | {"identity": {"accession_number": "CANARY"}}, {})
    assert found.identity == Identity(accession_number="CANARY")
    assert "CANARY" not in repr(found)
