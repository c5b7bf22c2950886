"""What is done with a finished model file is done where TensorFlow, Keras and matplotlib are not installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.export.files import REFERENCE, foreign

ROOT = Path(__file__).parents[2]
ABSENT = ("tensorflow", "tf_keras", "keras", "tensorflow_model_optimization", "ai_edge_quantizer", "matplotlib")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One in which importing them fails, in every child too."""
    folder = tmp_path_factory.mktemp("absent")
    for name in ABSENT:
        (folder / f"{name}.py").write_text(f"raise ModuleNotFoundError('{name} is not installed here')\n")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_they_cannot_be_imported_here(environment: dict[str, str]) -> None:
    """Else the other tests would prove nothing."""
    told = run(environment, "-c", "import tensorflow")
    assert "tensorflow is not installed here" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], "verify"),
        (["inspect", str(REFERENCE)], "Operating points"),
        (["verify", str(REFERENCE)], "can be used on this machine"),
        (["bench", str(REFERENCE), "--runs", "5"], "p99 ms"),
        (["bundle", str(REFERENCE), "--target", "raspberry-pi", "--out", "OUT"], "answer.py"),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_a_command_on_a_model_file_needs_none_of_them(
    environment: dict[str, str], arguments: list[str], words: str, tmp_path: Path
) -> None:
    arguments = [str(tmp_path / "out") if one == "OUT" else one for one in arguments]
    told = run(environment, "-m", "export", *arguments)
    assert told.returncode == 0, told.stderr
    assert words in told.stdout


def test_a_foreign_file_is_told_in_one_sentence_and_exit_code_2(environment: dict[str, str], tmp_path: Path) -> None:
    told = run(environment, "-m", "export", "verify", str(foreign(tmp_path / "m.tflite")))
    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr.splitlines() == [
        f"lungwatch-export: {tmp_path / 'm.tflite'}: this TFLite model carries no Lungwatch card; make it with lungwatch-export"
    ]
