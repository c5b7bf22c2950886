from pathlib import Path

from click.testing import CliRunner

from export.cli import cli
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
