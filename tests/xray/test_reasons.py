"""Refusal reasons: one closed set, told to people in docs/refusals.md."""

import re
from pathlib import Path

import pytest

from xray.errors import RejectedImage
from xray.reasons import Reason

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "refusals.md"
ROW = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)


def test_the_page_lists_every_reason_with_its_sentence() -> None:
    told = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert told == [(reason.value, reason.sentence) for reason in Reason]


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_fit_for_a_folder_a_label_and_a_reader(reason: Reason) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", reason.value)
    what_it_is, *what_to_do = re.findall(r"[^.]+\.", reason.sentence)
    assert what_it_is and what_to_do, "expected what it is, and what to do"
    assert reason.sentence[0].isupper()


ENGINE, GATE, HOSTILE = "tests/worker/test_engine.py", "tests/xray/test_dicom_gate.py", "tests/hostile"
TRIED_IN = {
    Reason.EMPTY: HOSTILE,
    Reason.INCOMPLETE: HOSTILE,
    Reason.DAMAGED: HOSTILE,
    Reason.NOT_A_FILE: HOSTILE,
    Reason.HARD_LINKED: HOSTILE,
    Reason.NOT_READABLE: ENGINE,
    Reason.CHANGED: ENGINE,
    Reason.UNKNOWN_FORMAT: HOSTILE,
    Reason.UNSUPPORTED_ENCODING: HOSTILE,
    Reason.UNSUPPORTED_PIXELS: HOSTILE,
    Reason.SEVERAL_FRAMES: HOSTILE,
    Reason.NO_PIXELS: HOSTILE,
    Reason.TOO_LARGE: HOSTILE,
    Reason.TOO_SMALL: HOSTILE,
    Reason.BLANK: HOSTILE,
    Reason.WRONG_MODALITY: GATE,
    Reason.WRONG_BODY_PART: GATE,
    Reason.WRONG_VIEW: GATE,
    Reason.FOR_PROCESSING: GATE,
    Reason.NOT_ORIGINAL: GATE,
    Reason.BURNT_IN: GATE,
    Reason.CRASHED_DECODER: "tests/worker/test_cell.py",
    Reason.TOO_SLOW: "tests/worker/test_cell.py",
}
"""Where a file is made that must be refused so; in `tests/hostile`, dropped on a running worker."""


@pytest.mark.parametrize("reason", Reason)
def test_a_file_is_refused_by_every_reason(reason: Reason) -> None:
    place = ROOT / TRIED_IN[reason]
    sources = [place] if place.is_file() else [*sorted(place.glob("*_files.py")), place / "nodes.py"]
    assert any(f"Reason.{reason.name}" in source.read_text(encoding="utf-8") for source in sources)


def test_a_refusal_names_its_reason_and_detail() -> None:
    error = RejectedImage(Reason.TOO_SMALL, "got 3")
    assert (str(error), error.reason, error.detail) == ("too_small: got 3", Reason.TOO_SMALL, "got 3")
    assert str(RejectedImage(Reason.EMPTY)) == "empty"
