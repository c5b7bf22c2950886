"""`bench`: figures out of timings, ratios within rounds, and the whole command on small files."""

import csv
import importlib.util
from pathlib import Path

import pytest
from click.testing import CliRunner

from export.bench.figures import Rounds, measured, throughput
from export.bench.machine import Machine, this_machine
from export.bench.measure import named
from export.bench.stand import Loaded, Turn
from export.bench.writing import drawing, write
from export.cli import cli
from tests.export.files import REFERENCE, crashing, foreign, reference
from xray.errors import SetupError

LOADED = Loaded("0" * 64, "int8", 1_000_000, 0.1, None)


def turn(*milliseconds: float, began: float = 0.0) -> Turn:
    seconds = tuple(one / 1000 for one in milliseconds)
    return Turn(seconds, began, began + sum(seconds))


def test_throughput_is_from_the_first_start_to_the_last_end() -> None:
    assert throughput([turn(100, 100), turn(100, 100, began=0.3)]) == pytest.approx(4 / 0.5)


def test_a_ratio_is_taken_within_each_round_so_that_a_busy_minute_falls_on_both() -> None:
    """Another program makes everything ten times slower in the second of three rounds."""
    ours = Rounds((turn(2, 2), turn(20, 20), turn(2, 2)), ((turn(2),), (turn(20),), (turn(2),)))
    theirs = Rounds((turn(4, 4), turn(40, 40), turn(5, 5)), ((turn(4),), (turn(40),), (turn(4),)))
    told = measured("m", LOADED, ours, theirs)
    assert told.latency_ratio.value == pytest.approx(0.5)
    assert told.latency_ratio.low == pytest.approx(0.4)
    assert told.throughput_ratio.value == pytest.approx(2)
    assert told.images_per_second == pytest.approx(500)
    assert (told.p50_ms, told.p99_ms) == pytest.approx((2, 20))


def test_files_of_one_name_are_told_by_their_paths() -> None:
    paths = [Path("a/m.tflite"), Path("b/m.tflite"), Path("b/n.tflite")]
    assert [named(path, paths) for path in paths] == ["a/m.tflite", "b/m.tflite", "n.tflite"]


def test_a_machine_says_that_it_is_busy() -> None:
    assert "trust ratios only" in str(Machine("any", 4, 3.0, "2.3.0"))
    assert "trust ratios only" not in str(Machine("any", 4, 0.4, "2.3.0"))
    assert this_machine().cores >= 1


@pytest.mark.parametrize("where", ["processes", "threads"])
def test_files_are_measured_side_by_side_and_told_as_table_csv_and_picture(tmp_path: Path, where: str) -> None:
    other, figures, picture = tmp_path / "other.tflite", tmp_path / "deep" / "b.csv", tmp_path / "b.svg"
    other.write_bytes(REFERENCE.read_bytes())
    command = ["bench", str(other), "--against", str(REFERENCE), "--runs", "10", "--interpreters", "2", "--in", where]
    told = CliRunner().invoke(cli, [*command, "--csv", str(figures), "--picture", str(picture)], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    with figures.open() as lines:
        first, second = csv.DictReader(lines)
    assert (first["file"], second["file"]) == (REFERENCE.name, "other.tflite")
    assert {first["reference"], second["reference"]} == {REFERENCE.name}
    assert first["latency_ratio"] == "1.0"
    assert second["sha256"] == reference().sha256
    assert 0 < float(second["latency_p50_ms"]) <= float(second["latency_p90_ms"]) <= float(second["latency_p99_ms"])
    assert float(second["images_per_second"]) > 0
    assert second["in"] == where
    assert f"× is against {REFERENCE.name}" in told.output
    assert "other.tflite" in picture.read_text()


@pytest.mark.parametrize(("make", "words"), [(foreign, "carries no Lungwatch card"), (crashing, "crashed the program")])
def test_a_file_that_cannot_be_measured_is_told(tmp_path: Path, make: object, words: str) -> None:
    assert callable(make)
    told = CliRunner().invoke(cli, ["bench", str(make(tmp_path / "m.tflite"))])
    assert isinstance(told.exception, SetupError)
    assert words in str(told.exception)


def test_what_cannot_be_drawn_or_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match=r"ends in \.png or \.svg"):
        drawing(tmp_path / "b.bmp")
    (tmp_path / "taken").write_text("")
    with pytest.raises(SetupError, match="cannot be written"):
        write(tmp_path / "taken" / "b.csv", b"")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match="needs matplotlib"):
        drawing(tmp_path / "b.png")
