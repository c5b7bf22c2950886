import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from export.cli import cli
from tests.drawn import png, write_classes
from train.cli import cli as train_cli
from xray.model_file import ModelFile, read


def test_convert_tells_size_digest_and_parity(run_folder: Path, tmp_path: Path) -> None:
    out, words = tmp_path / "m.tflite", tmp_path / "m.md"
    told = CliRunner().invoke(cli, ["convert", str(run_folder), "--out", str(out), "--model-card", str(words)])
    assert told.exit_code == 0, told.output
    assert "sha256" in told.output
    assert "shifted" in told.output
    assert out.exists()
    assert "## Limits" in words.read_text()


def test_inspect_shows_the_card_as_words_and_as_json(file: ModelFile, tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(file.content)
    words = CliRunner().invoke(cli, ["inspect", str(path)]).output
    assert file.sha256 in words
    assert "clear, opacity (positive: opacity)" in words
    assert CliRunner().invoke(cli, ["inspect", str(path), "--json"]).output.strip() == file.card.to_json()


def test_a_file_that_fails_leaves_a_report_and_no_file(run_folder: Path, tmp_path: Path) -> None:
    out, report = tmp_path / "m.tflite", tmp_path / "gate.json"
    options = ["--out", str(out), "--report", str(report), "--profile", "dynamic", "--accept-correlation", "1.1"]
    told = CliRunner().invoke(cli, ["convert", str(run_folder), *options])
    assert told.exit_code == 1, told.output
    assert "at least 1.1 is wanted" in told.output
    assert "another profile: int8" in told.output
    assert not out.exists()
    found = json.loads(report.read_text())
    assert found["passed"] is False
    assert found["notes"] == ["accepted by --accept-correlation 1.1, where the gate of its profile asks for 0.97"]


def test_a_labelled_set_is_compared_on_and_calibrated_on(run_folder: Path, tmp_path: Path) -> None:
    data = write_classes(tmp_path / "data" / "train", count=2).parent
    out, report = tmp_path / "m.tflite", tmp_path / "gate.json"
    options = ["--out", str(out), "--report", str(report), "--data", str(data), "--split", "train"]
    loose = ["--accept-changed-decisions", "1", "--accept-auroc-drop", "1", "--accept-correlation", "-1"]
    told = CliRunner().invoke(cli, ["convert", str(run_folder), *options, "--calibrate-on", str(data), *loose])
    assert told.exit_code == 0, told.output
    found = json.loads(report.read_text())
    assert [one["data"] for one in found["parity"]][2:] == ["data, train", "data, train, shifted"]
    assert found["size_ratio"] < 0.6
    assert "calibrated on 8 images besides" in "".join(found["notes"])
    assert {result.data for result in read(out).card.results} >= {"data, train", "data, train, shifted"}


def test_all_profiles_side_by_side_are_a_table_and_files(run_folder: Path, tmp_path: Path) -> None:
    told = CliRunner().invoke(cli, ["all", str(run_folder), "--profiles", "float32, int8", "--out", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "| int8 | 0.01 | 0.5" in told.output
    assert {path.name for path in tmp_path.iterdir()} == {"float32.tflite", "int8.tflite", "profiles.csv"}


def test_a_diagnosis_ends_with_the_line_to_paste(run_folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "layers.png"
    options = ["--layers", "2", "--probes", "8", "--picture", str(picture)]
    told = CliRunner().invoke(cli, ["diagnose", str(run_folder), *options], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    assert told.output.splitlines()[-1].startswith(f"  lungwatch-export convert {run_folder} --profile int8 --out")
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("options", [["--geometry", "pad", "--channels", "3", "--size", "48"], ["--size", "32"]])
def test_three_labels_go_the_whole_way_by_the_commands(tmp_path: Path, options: list[str]) -> None:
    """fit, convert, evaluate: gray and RGB, stretched and padded, with no operating point."""
    data = write_classes(tmp_path / "data", count=10)
    for seed in range(10):
        (data / "third").mkdir(exist_ok=True)
        (data / "third" / f"{seed}.png").write_bytes(png(500 + seed, opacity=True))
    run, out = tmp_path / "run", tmp_path / "m.tflite"
    fitted = ["fit", str(data), "--recipe", "cnn", "--epochs", "1", "--workers", "1", "--run", str(run), *options]
    assert CliRunner().invoke(train_cli, fitted, catch_exceptions=False).exit_code == 0
    converted = ["convert", str(run), "--profile", "float32", "--out", str(out)]
    assert CliRunner().invoke(cli, converted, catch_exceptions=False).exit_code == 0
    told = CliRunner().invoke(train_cli, ["evaluate", str(out), str(data), "--split", "all"], catch_exceptions=False)
    assert told.exit_code == 0
    assert "clear" in told.output
    assert "third" in told.output
