import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from export import release as releasing
from export import source
from export.parity import Told, compare, finite
from export.profiles import PROFILES, profile
from export.release import GateFailed, release
from xray.card import Interval, OperatingPoint
from xray.errors import SetupError
from xray.model_file import ModelFile
from xray.phantom import draw
from xray.runtime import Predictor

ANY = Interval(1.0, 1.0, 1.0)


def at(threshold: float) -> OperatingPoint:
    return OperatingPoint("here", threshold, ANY, ANY)


PHANTOMS = np.stack([draw(seed, opacity=seed % 2 == 1, height=128, width=128)[..., np.newaxis] for seed in range(6)])


def test_any_tflite_runtime_loads_the_file_and_finds_its_outputs_by_name(file: ModelFile) -> None:
    runner = Interpreter(model_content=file.content).get_signature_runner()
    details = runner.get_input_details()["image"]
    assert details["dtype"] is np.uint8
    assert tuple(details["shape"]) == (1, 128, 128, 1)
    told = runner(image=PHANTOMS[:1])
    assert told["scores"].shape == (1, 2)
    assert told["embedding"].shape == (1, 128)
    assert told["cam"].shape == (1, 8, 8, 2)
    assert {values.dtype for values in told.values()} == {np.dtype(np.float32)}


def test_pixels_go_in_as_they_are(file: ModelFile) -> None:
    """A quantized input has scale 1 and zero point 0; a float graph has none at all."""
    scale, zero = Interpreter(model_content=file.content).get_input_details()[0]["quantization"]
    assert (scale, zero) == ((1.0, 0) if file.card.profile == "int8" else (0.0, 0))


def test_the_map_s_mean_is_the_score_less_one_constant_per_label(file: ModelFile) -> None:
    predictor = Predictor(file.content)
    told = [predictor.predict(image) for image in PHANTOMS]
    left = np.array([one.scores - one.cam.mean(axis=(0, 1)) for one in told])
    spread = np.ptp([one.scores for one in told])
    assert np.ptp(left, axis=0).max() < (0.15 * spread if file.card.profile == "int8" else 1e-3)


def test_the_card_speaks_of_this_very_file(file: ModelFile) -> None:
    card = file.card
    predictor = Predictor(file.content)
    for case in card.golden:
        pixels = draw(case.seed, opacity=case.opacity, height=128, width=128)
        np.testing.assert_allclose(predictor.predict(pixels[..., np.newaxis]).scores, case.scores, atol=1e-4)
    assert "scored by this file" in card.calibrated_on
    assert len(card.graph_sha256) == 64
    assert {result.data for result in card.results} == {"validation", "validation, shifted"}


def test_int8_is_a_fraction_of_float32(run_folder: Path, tmp_path: Path) -> None:
    sizes = {one.name: release(run_folder, one, tmp_path / one.name).size_bytes for one in PROFILES}
    assert sizes["int8"] < 0.5 * sizes["float32"]


def test_a_converter_result_full_of_nan_is_refused(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights are poisoned on their way into the converter, which succeeds all the same."""
    honest = source.read(run_folder)
    poisoned = source.read(run_folder)
    dense = poisoned.model.get_layer("scores")
    dense.set_weights([np.full_like(weights, np.nan) for weights in dense.get_weights()])
    monkeypatch.setattr(releasing, "read", lambda _: poisoned)
    with pytest.raises(GateFailed, match="NaN"):
        release(run_folder, profile("float32"), tmp_path / "m.tflite")
    assert list(tmp_path.iterdir()) == []
    assert finite(Told(*(np.zeros((1, 2), np.float32),) * 3))
    assert honest.card.labels == ("clear", "opacity")


def test_a_file_that_decides_differently_is_not_written(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The classes are exchanged between conversion and comparison, as a broken conversion might."""
    honest = releasing.run_keras

    def exchanged(*given: Any) -> Told:
        told = honest(*given)
        return replace(told, scores=told.scores[:, ::-1])

    monkeypatch.setattr(releasing, "run_keras", exchanged)
    with pytest.raises(GateFailed, match="decisions changed"):
        release(run_folder, profile("float32"), tmp_path / "m.tflite")
    assert list(tmp_path.iterdir()) == []


def told_of(read: source.Source) -> Told:
    """Say what the run's labels are, with some noise."""
    rng = np.random.default_rng(0)
    count = len(read.labels)
    scores = (4 * np.eye(2)[read.labels] + rng.normal(size=(count, 2))).astype(np.float32)
    return Told(scores, *(rng.normal(size=(count, 4)).astype(np.float32),) * 2)


def test_parity_counts_changed_decisions_on_plain_and_shifted_images_apart(run_folder: Path) -> None:
    read = source.read(run_folder)
    read = replace(read, card=replace(read.card, temperature=1.0, operating_points=(at(0.5),)))
    reference = told_of(read)
    changed = reference.scores.copy()
    three = np.flatnonzero(read.shifted)[:3]
    changed[three] = changed[three, ::-1]
    plain, shifted = compare(read, reference, replace(reference, scores=changed), read.card)
    assert plain.changed_decisions == 0
    assert shifted.changed_decisions == pytest.approx(3 / read.shifted.sum())
    assert shifted.faults(profile("float32").bounds)
    assert not plain.faults(profile("float32").bounds)


def test_each_side_decides_by_its_own_card(run_folder: Path) -> None:
    read = source.read(run_folder)
    read = replace(read, card=replace(read.card, temperature=1.0, operating_points=(at(0.5),)))
    stricter = replace(read.card, operating_points=(at(0.999),))
    plain, _ = compare(read, told_of(read), told_of(read), stricter)
    assert plain.score_correlation == pytest.approx(1)
    assert plain.changed_decisions > 0


@pytest.mark.parametrize("spoiled", ["scores", "cams", "embeddings"])
@pytest.mark.parametrize("how", ["noise", "nothing"])
def test_every_output_must_follow_the_keras_model(run_folder: Path, spoiled: str, how: str) -> None:
    read = source.read(run_folder)
    reference = told_of(read)
    values = getattr(reference, spoiled)
    noise = np.random.default_rng(1).normal(size=values.shape).astype(np.float32)
    other = replace(reference, **{spoiled: noise if how == "noise" else np.zeros_like(values)})
    for one in compare(read, reference, other, read.card):
        assert any(spoiled in fault for fault in one.faults(profile("int8").bounds))


@pytest.mark.parametrize(
    ("missing", "words"),
    [("card.json", "not a finished run"), ("sample.npz", "sample.npz is missing"), ("validation.npz", "is missing")],
)
def test_a_run_that_is_not_whole_is_told(run_folder: Path, tmp_path: Path, missing: str, words: str) -> None:
    shutil.copytree(run_folder, tmp_path / "run")
    (tmp_path / "run" / missing).unlink()
    with pytest.raises(SetupError, match=words):
        release(tmp_path / "run", profile("int8"), tmp_path / "m.tflite")


def test_an_unknown_profile_is_told_with_those_that_are() -> None:
    with pytest.raises(SetupError, match="there are: float32, int8"):
        profile("int3")


def test_a_place_that_cannot_be_written_is_told(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SetupError, match="cannot be written"):
        release(run_folder, profile("float32"), tmp_path / "taken" / "m.tflite")
