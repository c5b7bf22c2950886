from pathlib import Path

import pytest
from click.testing import CliRunner

from export.cli import cli
from tests.drawn import png, write_classes
from train.cli import cli as train_cli
from xray.model_file import ModelFile


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


def test_profiles_are_listed() -> None:
    assert "int8" in CliRunner().invoke(cli, ["profiles"]).output


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
