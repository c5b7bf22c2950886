"""Running a model: copies out, and a wrong graph is the set-up's fault."""

from pathlib import Path

import numpy as np
import pytest

from tests.xray.conftest import make_graph
from xray.errors import SetupError
from xray.runtime import Predictor


def test_outputs_have_the_shapes_of_the_contract(graph: bytes) -> None:
    predictor = Predictor(graph)
    assert predictor.input_shape == (64, 64, 1)
    prediction = predictor.predict(np.zeros((64, 64, 1), np.uint8))
    assert (prediction.scores.shape, prediction.embedding.shape) == ((2,), (4,))
    assert prediction.cam.ndim == 3 and prediction.cam.shape[2] == 2
    assert {one.dtype for one in (prediction.scores, prediction.cam, prediction.embedding)} == {np.dtype(np.float32)}


def test_outputs_are_copies(graph: bytes) -> None:
    predictor = Predictor(graph)
    rng = np.random.default_rng(0)
    first = predictor.predict(rng.integers(0, 256, (64, 64, 1), np.uint8))
    kept = first.scores.copy(), first.cam.copy(), first.embedding.copy()
    second = predictor.predict(rng.integers(0, 256, (64, 64, 1), np.uint8))
    assert np.array_equal(first.scores, kept[0])
    assert np.array_equal(first.cam, kept[1])
    assert np.array_equal(first.embedding, kept[2])
    assert not np.array_equal(first.scores, second.scores)
    first.scores[:] = 0  # the caller's own


def test_the_same_image_gives_the_same_scores(graph: bytes) -> None:
    image = np.random.default_rng(1).integers(0, 256, (64, 64, 1), np.uint8)
    assert np.array_equal(Predictor(graph).predict(image).scores, Predictor(graph, threads=2).predict(image).scores)


@pytest.mark.parametrize("graph", [b"", b"not a graph at all", bytes(4) + b"TFL3" + bytes(200)], ids=len)
def test_what_is_no_graph_is_the_set_ups_fault(graph: bytes) -> None:
    with pytest.raises(SetupError):
        Predictor(graph)


def test_a_graph_with_other_outputs_is_the_set_ups_fault(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="scores, cam, embedding"):
        Predictor(make_graph(tmp_path, ("logits", "map", "features")))


def test_a_graph_that_wants_floats_is_the_set_ups_fault(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="expected uint8"):
        Predictor(make_graph(tmp_path, ("scores", "cam", "embedding"), dtype="float32"))
