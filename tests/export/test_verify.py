"""`inspect` and `verify`: what they say of whole, damaged, foreign and hostile files."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from export.child import call
from export.cli import cli
from export.verify import verify
from tests.export.files import REFERENCE, crashing, foreign, reference, with_card
from xray.card import GoldenCase, InputSpec, Interval, OperatingPoint
from xray.errors import SetupError

ONE = Interval(1.0, 1.0, 1.0)


def test_the_reference_model_can_be_used_here() -> None:
    told = CliRunner().invoke(cli, ["verify", str(REFERENCE), "--sha256", reference().sha256.upper()])
    assert told.exit_code == 0, told.output
    assert told.output.count("good  ") == 3
    assert "computes what the maker's did" in told.output


def test_a_machine_that_computes_otherwise_is_told_not_to_use_the_model(tmp_path: Path) -> None:
    first = reference().card.golden[0]
    other = GoldenCase(first.seed, first.opacity, (first.scores[0] + 0.5, *first.scores[1:]))
    told = CliRunner().invoke(cli, ["verify", str(with_card(tmp_path / "m.tflite", golden=(other,)))])
    assert told.exit_code == 1
    assert "does not compute what the maker's did" in told.output
    assert "Do not use m.tflite" in told.output


def test_another_sha256_than_the_maker_s_is_refused() -> None:
    with pytest.raises(SetupError, match="not the file you expect"):
        verify(REFERENCE, "0" * 64)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"golden": ()}, "holds no golden cases"),
        ({"input": InputSpec(64, 64)}, "input of (64, 64, 1)"),
        ({"labels": ("NORMAL",)}, "1 labels"),
        ({"labels": ("NORMAL", "PNEUMONIA", "OTHER"), "golden": ()}, "no decision can be made"),
        ({"positive": "TUBERCULOSIS"}, "not among the labels"),
        ({"temperature": 0.0}, "temperature is 0"),
        ({"positive": None}, "without a positive label"),
        ({"operating_points": (OperatingPoint("here", 1.5, ONE, ONE),)}, "no probability"),
        ({"golden": (GoldenCase(1, False, (0.0,)),)}, "golden cases with other labels"),
        ({"golden": (GoldenCase(-1, False, (0.0, 0.0)),)}, "cannot be drawn"),
    ],
)
def test_a_card_that_cannot_be_true_of_its_graph_is_told(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    *before, last = verify(with_card(tmp_path / "m.tflite", **changed))
    assert all(check.passed for check in before)
    assert not last.passed
    assert words in last.sentence


def damaged(path: Path) -> Path:
    content = bytearray(REFERENCE.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return path


def truncated(path: Path) -> Path:
    path.write_bytes(REFERENCE.read_bytes()[:100_000])
    return path


REFUSED = {
    "damaged": (damaged, "changed or damaged after it was made"),
    "truncated": (truncated, "damaged"),
    "foreign": (foreign, "carries no Lungwatch card"),
    "newer": (lambda path: with_card(path, schema=99), "schema 99, this Lungwatch reads 1"),
    "absent": (lambda path: path, "cannot be read"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_is_no_model_of_ours_is_refused_with_a_sentence(tmp_path: Path, refused: str) -> None:
    make, words = REFUSED[refused]
    path = make(tmp_path / "m.tflite")
    told = CliRunner().invoke(cli, ["inspect", str(path)])
    assert isinstance(told.exception, SetupError), told.output
    assert words in str(told.exception)
    with pytest.raises(SetupError) as raised:
        verify(path)
    assert str(raised.value) == str(told.exception)


def test_a_hostile_file_crashes_a_child_and_not_the_caller(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"crashed the program that loaded it \(signal SIG"):
        call(verify, crashing(tmp_path / "m.tflite"))


def test_a_copy_of_a_file_shows_the_same_card(tmp_path: Path) -> None:
    copy = tmp_path / "copied.tflite"
    copy.write_bytes(REFERENCE.read_bytes())
    told = CliRunner().invoke(cli, ["inspect", str(copy), "--json"])
    assert told.output.strip() == reference().card.to_json()
    assert hashlib.sha256(REFERENCE.read_bytes()).hexdigest() in CliRunner().invoke(cli, ["inspect", str(copy)]).output


def test_a_card_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """Escape sequences and changes of reading direction are shown as such; JSON means the same."""
    limits = "knows \x1b[2J\x7f nothing \u009b31m \u202e about \U000e0041 it"
    path = with_card(tmp_path / "m.tflite", limits=limits, name=limits)
    for command in ["verify"], ["inspect"], ["inspect", "--json"]:
        told = CliRunner().invoke(cli, [*command, str(path)]).output
        assert all(one == "\n" or one.isprintable() for one in told)
    assert json.loads(told)["limits"] == limits
