import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras
from ai_edge_litert.interpreter import Interpreter

from export.gate import Accepted
from export.model_card import markdown
from export.profiles import profile
from export.release import GateFailed, publish, release
from export.told import Told
from export.yardstick import Yardstick, yardstick
from xray.errors import SetupError
from xray.model_file import ModelFile, read
from xray.phantom import draw
from xray.runtime import Predictor

PHANTOMS = np.stack([draw(seed, opacity=seed % 2 == 1, height=64, width=64)[..., np.newaxis] for seed in range(6)])


def test_any_tflite_runtime_loads_the_file_and_finds_its_outputs_by_name(file: ModelFile) -> None:
    runner = Interpreter(model_content=file.content).get_signature_runner()
    details = runner.get_input_details()["image"]
    assert details["dtype"] is np.uint8
    assert tuple(details["shape"]) == (1, 64, 64, 1)
    told = runner(image=PHANTOMS[:1])
    assert told["scores"].shape == (1, 2)
    assert told["embedding"].shape == (1, 16)
    assert told["cam"].shape == (1, 8, 8, 2)
    assert {values.dtype for values in told.values()} == {np.dtype(np.float32)}


def test_pixels_go_in_as_they_are(file: ModelFile) -> None:
    """A quantized input has scale 1 and zero point 0; a float graph has none at all."""
    scale, zero = Interpreter(model_content=file.content).get_input_details()[0]["quantization"]
    assert (scale, zero) == ((1.0, 0) if file.card.profile == "int8" else (0.0, 0))


def test_the_map_s_mean_is_the_score_less_one_constant_per_label(file: ModelFile, measured: Yardstick) -> None:
    predictor = Predictor(file.content)
    told = [predictor.predict(image) for image in measured.source.validation.images[::8]]
    left = np.array([one.scores - one.cam.mean(axis=(0, 1)) for one in told])
    spread = np.ptp([one.scores for one in told])
    assert np.ptp(left, axis=0).max() < (0.15 * spread if file.card.profile == "int8" else 1e-3)


def test_the_card_speaks_of_this_very_file(file: ModelFile) -> None:
    card = file.card
    predictor = Predictor(file.content)
    for case in card.golden:
        pixels = draw(case.seed, opacity=case.opacity, height=64, width=64)
        np.testing.assert_allclose(predictor.predict(pixels[..., np.newaxis]).scores, case.scores, atol=1e-4)
    assert "scored by this file" in card.calibrated_on
    assert len(card.graph_sha256) == 64
    assert {result.data for result in card.results} == {"validation", "validation, shifted"}


def test_a_converter_result_full_of_nan_is_refused(measured: Yardstick, tmp_path: Path) -> None:
    """The weights are poisoned on their way into the converter, which succeeds all the same."""
    model = keras.models.clone_model(measured.source.model)
    model.set_weights(measured.source.model.get_weights())
    dense = model.get_layer("scores")
    dense.set_weights([np.full_like(weights, np.nan) for weights in dense.get_weights()])
    poisoned = replace(measured, source=replace(measured.source, model=model))
    with pytest.raises(GateFailed, match="NaN") as caught:
        publish(poisoned, profile("float32"), tmp_path / "m.tflite")
    assert caught.value.report.parity == ()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SetupError, match="train again"):
        yardstick(poisoned.source)


def exchanged(told: Told) -> Told:
    return replace(told, scores=told.scores[:, ::-1])


def test_a_file_that_decides_differently_is_not_written_and_told_why(measured: Yardstick, tmp_path: Path) -> None:
    """The classes are exchanged between conversion and comparison, as a broken conversion might."""
    other = replace(measured, told=tuple(map(exchanged, measured.told)))
    with pytest.raises(GateFailed, match="decisions changed") as caught:
        publish(other, profile("int8"), tmp_path / "m.tflite")
    assert "--keep-float" in str(caught.value)
    assert "--calibrate-on" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_bound_is_raised_by_name_only_and_the_card_says_so(measured: Yardstick, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 1, measured.told[0].embeddings.shape).astype(np.float32)
    other = replace(measured, told=(replace(measured.told[0], embeddings=noise),))
    with pytest.raises(GateFailed, match="embeddings correlate"):
        publish(other, profile("float32"), tmp_path / "m.tflite")
    done = publish(other, profile("float32"), tmp_path / "m.tflite", accepted=Accepted(correlation=-1.0))
    assert done.card.notes == ("accepted by --accept-correlation -1, where the gate of its profile asks for 0.9999",)
    assert read(done.path).card.notes == done.card.notes
    assert done.card.notes[0] in markdown(done.card, "m.tflite", done.size_bytes, done.sha256)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("card.json", "not a finished run"),
        ("model.keras", "model.keras is missing"),
        ("sample.npz", "sample.npz is missing"),
        ("validation.npz", "is missing"),
    ],
)
def test_a_run_that_is_not_whole_is_told(run_folder: Path, tmp_path: Path, missing: str, words: str) -> None:
    shutil.copytree(run_folder, tmp_path / "run")
    (tmp_path / "run" / missing).unlink()
    with pytest.raises(SetupError, match=words):
        release(tmp_path / "run", profile("int8"), tmp_path / "m.tflite")


def test_a_run_of_another_version_is_told(run_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(run_folder, tmp_path / "run")
    card = tmp_path / "run" / "card.json"
    honest = card.read_text()
    card.write_text(honest.replace('"schema": 1', '"schema": 7'))
    with pytest.raises(SetupError, match=r"card\.json: the card has schema 7, this Lungwatch reads 1"):
        release(tmp_path / "run", profile("int8"), tmp_path / "m.tflite")
    card.write_text(honest)
    np.savez(tmp_path / "run" / "validation.npz", images=np.zeros(1))
    with pytest.raises(SetupError, match="expected the arrays images, labels"):
        release(tmp_path / "run", profile("int8"), tmp_path / "m.tflite")


def test_an_unknown_profile_is_told_with_those_that_are() -> None:
    with pytest.raises(SetupError, match="there are: float32, float16"):
        profile("int3")


def test_a_place_that_cannot_be_written_is_told(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SetupError, match="cannot be written"):
        release(run_folder, profile("float32"), tmp_path / "taken" / "m.tflite")
