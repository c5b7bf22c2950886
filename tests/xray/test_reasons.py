"""Refusal reasons: one closed set, told to people in docs/refusals.md."""

import re
from pathlib import Path

import pytest

from xray.errors import RejectedImage
from xray.reasons import Reason

PAGE = Path(__file__).parents[2] / "docs" / "refusals.md"
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


def test_a_refusal_names_its_reason_and_detail() -> None:
    error = RejectedImage(Reason.TOO_SMALL, "got 3")
    assert (str(error), error.reason, error.detail) == ("too_small: got 3", Reason.TOO_SMALL, "got 3")
    assert str(RejectedImage(Reason.EMPTY)) == "empty"
