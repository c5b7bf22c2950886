"""Bundles: complete for every target, and their Python examples answer as Lungwatch does, with none of its code."""

import ast
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from export.bundle import MODEL, bundle
from export.cli import cli
from export.target import TARGETS
from tests.export.files import REFERENCE, crashing, foreign, reference, with_card
from xray.card import InputSpec
from xray.decide import decide
from xray.errors import SetupError
from xray.formats import decode
from xray.model_file import read
from xray.phantom import draw
from xray.preprocess import preprocess
from xray.runtime import Predictor

OURS = {"xray", "train", "export", "worker"}
PYTHON = {"raspberry-pi": "answer.py", "coral": "answer_coral.py"}
ANYTHING = 1e9
"""A limit of distance under which a drawn radiograph is like the training images, so that it is decided."""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The reference model for every target, in a folder far from ours."""
    folder = tmp_path_factory.mktemp("bundles")
    return {one.name: bundle(REFERENCE, one.name, folder / one.name) for one in TARGETS}


def picture(path: Path, *, opacity: bool = True, size: tuple[int, int] = (300, 420), mode: str = "L") -> Path:
    Image.fromarray(draw(3, opacity=opacity, height=size[0], width=size[1])).convert(mode).save(path)
    return path


def told_by(script: Path, shown: Path) -> subprocess.CompletedProcess[str]:
    """Run an example where nothing of ours can be imported."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, str(script), str(shown)]
    return subprocess.run(command, cwd=shown.parent, env=environment, capture_output=True, text=True)


def ours(model: Path, shown: Path) -> dict[str, Any]:
    file = read(model)
    image = preprocess(decode(shown.read_bytes()), file.card.input)
    point = file.card.operating_point()
    found = decide(Predictor(file.content).predict(image), file.card, file.arrays, point)
    return {"decision": found.decision, "probabilities": found.probabilities}


def same(told: subprocess.CompletedProcess[str], expected: dict[str, Any]) -> None:
    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout)
    assert said["decision"] == expected["decision"]
    assert said["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-5)
    assert said["not_for_diagnosis"] is True


@pytest.mark.parametrize("target", TARGETS, ids=lambda one: one.name)
def test_every_bundle_holds_the_file_its_labels_an_example_of_sixty_lines_and_a_readme(
    bundles: dict[str, Path], target: Any
) -> None:
    folder = bundles[target.name]
    assert (folder / MODEL).read_bytes() == REFERENCE.read_bytes()
    assert (folder / "labels.txt").read_text().splitlines() == list(reference().card.labels)
    readme = (folder / "README.md").read_text()
    assert reference().sha256 in readme
    assert target.example in readme
    assert "Not\ntried" in readme or "Not tried" in readme
    for path in folder.iterdir():
        assert f"`{path.name}`" in readme or path.name == "README.md"
        assert path.suffix not in (".py", ".kt") or len(path.read_text().splitlines()) <= 60


@pytest.mark.parametrize("target", PYTHON)
def test_a_python_example_imports_nothing_of_ours(bundles: dict[str, Path], target: str) -> None:
    for path in bundles[target].glob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        named = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        named |= {str(node.module).split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
        assert "ai_edge_litert" in named
        assert not named & OURS


def test_the_example_for_coral_answers_on_the_processor_where_there_is_no_edge_tpu(
    bundles: dict[str, Path], tmp_path: Path
) -> None:
    shown = picture(tmp_path / "p.png")
    told = told_by(bundles["coral"] / "answer_coral.py", shown)
    same(told, ours(REFERENCE, shown))
    assert "running on the processor" in told.stderr


@pytest.mark.parametrize(
    ("opacity", "changed", "size", "mode"),
    [
        (True, {}, (300, 420), "L"),
        (True, {"out_of_distribution_limit": ANYTHING}, (300, 420), "RGB"),
        (False, {"out_of_distribution_limit": ANYTHING, "temperature": 50.0}, (500, 333), "L"),
        (True, {"out_of_distribution_limit": ANYTHING, "geometry": "pad"}, (500, 333), "L"),
        (True, {"out_of_distribution_limit": ANYTHING, "operating_points": (), "positive": None}, (90, 100), "L"),
    ],
    ids=["unlike the training images", "sure", "unsure", "padded", "no operating point"],
)
def test_the_example_decides_as_lungwatch_does(
    tmp_path: Path, opacity: bool, changed: dict[str, Any], size: tuple[int, int], mode: str
) -> None:
    if geometry := changed.pop("geometry", None):
        changed["input"] = replace(reference().card.input, geometry=geometry)
    model = with_card(tmp_path / "m.tflite", **changed)
    shown = picture(tmp_path / "p.png", opacity=opacity, size=size, mode=mode)
    same(told_by(bundle(model, "raspberry-pi", tmp_path / "out") / "answer.py", shown), ours(model, shown))


def test_the_example_refuses_a_file_that_was_changed(bundles: dict[str, Path], tmp_path: Path) -> None:
    script = tmp_path / "answer.py"
    script.write_bytes((bundles["raspberry-pi"] / "answer.py").read_bytes())
    content = bytearray(REFERENCE.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / MODEL).write_bytes(content)
    told = told_by(script, picture(tmp_path / "p.png"))
    assert told.returncode == 1
    assert told.stderr.strip().endswith("the model file is damaged: copy it again")


@pytest.mark.parametrize(
    ("target", "changed", "words"),
    [
        ("android", {"input": InputSpec(160, 160, 1, "pad")}, "the card asks for pad"),
        ("coral", {"profile": "float32"}, "convert with --profile int8-edgetpu"),
        ("raspberry-pi", {"profile": "int8-float-io"}, "it takes float32"),
        ("raspberry-pi", {"out_of_distribution_limit": None}, "unlike the training images"),
        ("raspberry-pi", {"golden": ()}, "holds no golden cases"),
    ],
)
def test_a_model_that_cannot_run_there_is_not_bundled(
    tmp_path: Path, target: str, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(SetupError, match=words):
        bundle(with_card(tmp_path / "m.tflite", **changed), target, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("make", "words"), [(foreign, "no Lungwatch card"), (crashing, "crashed the program")])
def test_a_file_that_is_not_whole_is_not_bundled(tmp_path: Path, make: Any, words: str) -> None:
    with pytest.raises(SetupError, match=words):
        bundle(make(tmp_path / "m.tflite"), "raspberry-pi", tmp_path / "out")


def test_nothing_is_overwritten_and_nothing_half_made_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("")
    told = CliRunner().invoke(cli, ["bundle", str(REFERENCE), "--target", "coral", "--out", str(out)])
    assert isinstance(told.exception, SetupError)
    assert "name a folder that is not there yet" in str(told.exception)
    assert list(tmp_path.iterdir()) == [out]
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_a_photograph_is_no_8_bit_picture_when_it_has_16(bundles: dict[str, Path], tmp_path: Path) -> None:
    deep = np.full((64, 64), 40_000, np.uint16)
    Image.fromarray(deep).save(tmp_path / "p.png")
    told = told_by(bundles["raspberry-pi"] / "answer.py", tmp_path / "p.png")
    assert told.returncode == 1
    assert "expected 8 bits" in told.stderr
