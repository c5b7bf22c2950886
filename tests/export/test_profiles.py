"""Every profile, walked from its list: made, run, and held to what it says of itself."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from click.testing import CliRunner

from export.cli import cli
from export.convert import convert
from export.edgetpu import COMPILER, command_line, compile_file
from export.profiles import PROFILES, Profile, profile
from export.release import GateFailed, publish
from export.report import table
from export.yardstick import Yardstick
from worker.reader import load
from xray.errors import SetupError
from xray.runtime import Predictor

EACH = pytest.mark.parametrize("one", PROFILES, ids=lambda one: one.name)


@pytest.fixture(scope="module")
def graphs(measured: Yardstick) -> dict[str, bytes]:
    """The drawn run by each profile."""
    source = measured.source
    return {one.name: convert(source.model, source.sample[:32], one) for one in PROFILES}


@pytest.fixture
def graph(one: Profile, graphs: dict[str, bytes]) -> bytes:
    return graphs[one.name]


@EACH
def test_takes_and_gives_what_it_says(one: Profile, graph: bytes) -> None:
    runner = Interpreter(model_content=graph).get_signature_runner()
    assert np.dtype(runner.get_input_details()["image"]["dtype"]) == one.pixels
    assert {np.dtype(details["dtype"]) for details in runner.get_output_details().values()} == {np.dtype(np.float32)}


@EACH
def test_gives_the_same_scores_nearly(one: Profile, graph: bytes, measured: Yardstick) -> None:
    images = measured.source.validation.images[::8]
    predictor = Predictor(graph, pixels=one.pixels)
    got = np.stack([predictor.predict(image).scores for image in images])
    assert np.corrcoef(got.ravel(), measured.told[0].scores[::8].ravel())[0, 1] > 0.97


def test_stored_numbers_take_the_room_that_they_say(graphs: dict[str, bytes]) -> None:
    """On so small a network a third of the file is its structure, which no profile makes smaller."""
    size = {name: len(graph) for name, graph in graphs.items()}
    assert size["float16"] < 0.75 * size["float32"]
    for name in size.keys() & {"dynamic", "int8", "int8-float-io", "int16x8", "int8-edgetpu"}:
        assert size[name] < 0.6 * size["float32"], name


@EACH
def test_a_worker_serves_it_or_refuses_it_with_a_sentence(
    one: Profile, graph: bytes, measured: Yardstick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("export.release.convert", lambda *_: graph)
    generous = replace(one, bounds=replace(one.bounds, changed_decisions=1.0, auroc_drop=1.0, correlation=0.9))
    done = publish(measured, generous, tmp_path / "m.tflite")
    if one.served:
        assert load(done.path.read_bytes(), None)
        return
    assert any("a worker does not serve it" in note for note in done.card.notes)
    with pytest.raises(SetupError, match="expected uint8: the file was made for other runtimes"):
        load(done.path.read_bytes(), None)


def test_each_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    told = CliRunner().invoke(cli, ["profiles"], catch_exceptions=False).output
    flat = " ".join(told.split())
    for one in PROFILES:
        for words in (one.name, one.purpose, one.cost, one.avoid, one.measured):
            assert words in flat
    assert max(map(len, told.splitlines())) <= 90


@EACH
def test_what_to_try_instead_exists(one: Profile) -> None:
    assert all(profile(name).name != one.name for name in one.instead)


def test_an_operation_that_the_edge_tpu_has_not_is_a_fault(measured: Yardstick, tmp_path: Path) -> None:
    """The float graph casts its pixels, and no Edge TPU does."""
    wrong = replace(profile("float32"), edge_tpu=True)
    with pytest.raises(GateFailed, match="the Edge TPU compiler does not map CAST") as caught:
        publish(measured, wrong, tmp_path / "m.tflite")
    assert "1 CAST" in table(caught.value.report)


def test_the_edge_tpu_compiler_is_called_where_it_is_and_told_of_where_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "m.tflite"
    monkeypatch.setenv("PATH", str(tmp_path))
    told = compile_file(file)
    assert "not installed" in told
    assert " ".join(command_line(file)) in told
    compiler = tmp_path / COMPILER
    compiler.write_text('#!/bin/sh\necho "mapped $4"\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    assert compile_file(file) == f"mapped {file}"
    compiler.write_text("#!/bin/sh\necho no such op >&2\nexit 1\n")
    with pytest.raises(SetupError, match="no such op"):
        compile_file(file)
