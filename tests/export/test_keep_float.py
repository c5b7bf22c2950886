"""int8 with layers left in float, and the search for which."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from export.convert import convert
from export.diagnose import advice, diagnose, score_error, table
from export.keep_float import Quantizer
from export.operations import analyze
from export.profiles import PROFILES, profile
from export.release import publish
from export.yardstick import Yardstick, yardstick
from xray.errors import SetupError
from xray.runtime import Predictor


@pytest.fixture(scope="module")
def quantizer(measured: Yardstick) -> Quantizer:
    return Quantizer(measured.source.model, measured.source.sample[:32], profile("int8"))


def test_steps_are_called_by_the_names_of_their_layers(measured: Yardstick, quantizer: Quantizer) -> None:
    layers = {layer.name for layer in measured.source.model.layers}
    for step in quantizer.steps:
        assert step.name in step.names
        assert set(step.names) <= layers | {"cam"}


def test_with_nothing_left_it_is_the_converter_s_own_int8(measured: Yardstick, quantizer: Quantizer) -> None:
    source = measured.source
    both = [Predictor(quantizer.graph()), Predictor(convert(source.model, source.sample[:32], profile("int8")))]
    for image in source.validation.images[:5]:
        one, other = (predictor.predict(image) for predictor in both)
        assert np.array_equal(one.scores, other.scores)
        assert np.array_equal(one.cam, other.cam)


def test_a_layer_left_in_float_is_larger_and_pixels_still_go_in_as_they_are(quantizer: Quantizer) -> None:
    left = quantizer.named(["*conv*"])
    graph, whole = quantizer.graph(left), quantizer.graph()
    assert left
    assert len(graph) > len(whole)
    assert Predictor(graph).input_shape
    assert analyze(graph).counts["DEQUANTIZE"] >= analyze(whole).counts["DEQUANTIZE"]


def test_with_all_but_the_map_in_float_the_scores_are_the_float_ones(measured: Yardstick, quantizer: Quantizer) -> None:
    left = [step for step in quantizer.steps if step.name != "cam"]
    predictor = Predictor(quantizer.graph(left))
    got = np.stack([predictor.predict(image).scores for image in measured.source.validation.images[:5]])
    np.testing.assert_allclose(got, measured.told[0].scores[:5], atol=1e-3)
    with pytest.raises(SetupError, match="leaves no layer in int8"):
        quantizer.graph(quantizer.steps)


def test_a_step_knows_who_reads_it(quantizer: Quantizer) -> None:
    readers = {step.name: step.readers for step in quantizer.steps}
    assert readers["conv1"] == ("conv2",)
    assert set(readers["conv3"]) == {"cam", "embedding"}
    assert readers["scores"] == ()


def test_a_pattern_that_fits_nothing_is_told_with_what_there_is(quantizer: Quantizer) -> None:
    with pytest.raises(SetupError, match=r"fits no layer; there are: .*scores"):
        quantizer.named(["conv9*"])


@pytest.mark.parametrize("name", [one.name for one in PROFILES if not one.may_keep_float])
def test_profiles_that_have_no_layer_to_leave_say_so(measured: Yardstick, tmp_path: Path, name: str) -> None:
    with pytest.raises(SetupError, match=f"--keep-float is for int8 profiles .* not for {name}"):
        publish(measured, profile(name), tmp_path / "m.tflite", keep_float=["*"])


def test_what_was_left_in_float_stands_in_the_card(measured: Yardstick, tmp_path: Path) -> None:
    done = publish(measured, profile("int8"), tmp_path / "m.tflite", keep_float=["scores"])
    assert done.card.notes == ("layers left in float: --keep-float scores",)


def test_a_shift_or_a_stretch_of_all_scores_is_no_error() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(50, 2)).astype(np.float32)
    assert score_error(scores, 3 * scores + 1) == pytest.approx(0, abs=1e-5)
    assert score_error(scores, scores + rng.normal(size=(50, 2)).astype(np.float32)) > 0.3


def blown_up(measured: Yardstick) -> Yardstick:
    """One channel of the second layer a thousand times larger, and taken back by the third layer's weights.

    The float model is the same. In int8 the layer has one scale for all its channels, and the large one takes it.
    """
    model = keras.models.clone_model(measured.source.model)
    model.set_weights(measured.source.model.get_weights())
    norm, after = model.get_layer("conv2_bn"), model.get_layer("conv3")
    scale, shift, *rest = norm.get_weights()
    (kernel,) = after.get_weights()
    scale[0], shift[0] = 1000 * scale[0], 1000 * shift[0]
    kernel[:, :, 0] /= 1000
    norm.set_weights([scale, shift, *rest])
    after.set_weights([kernel])
    return yardstick(replace(measured.source, model=model))


def test_a_spoilt_layer_is_found_and_the_line_to_paste_passes(measured: Yardstick, tmp_path: Path) -> None:
    """One channel's weights are blown up and taken back by the next layer: int8 then has no steps left for the others."""
    spoilt = blown_up(measured)
    told = diagnose(spoilt, profile("int8"), probes=16, layers=6)
    worst = told.layers[0]
    assert worst.error < 0.2 * told.error
    assert worst.name in table(told)
    assert not told.attempts[0].report.passed
    assert told.passing is not None
    assert {"conv2", "conv3"} <= set(worst.left)
    assert f"--keep-float {worst.name}" in advice(told, Path("runs/mine"))
    assert publish(spoilt, profile("int8"), tmp_path / "m.tflite", keep_float=told.passing.left).report.passed
