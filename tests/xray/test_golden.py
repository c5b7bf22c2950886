"""Golden cases: the same scores again, or a number that says how far away."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.cards import make_card
from xray import golden
from xray.card import GoldenCase, InputSpec
from xray.model_file import read
from xray.phantom import draw
from xray.runtime import Predictor

MODELS = Path(__file__).parents[2] / "models"
CARD = replace(
    make_card(), temperature=2.0, golden=(GoldenCase(1, False, (1.0, -1.0)), GoldenCase(2, True, (0.5, 3.0)))
)


class Told:
    """A graph that says the same of every picture."""

    def __init__(self, *scores: float) -> None:
        self.scores = np.array(scores, np.float32)

    def predict(self, image: NDArray[np.uint8]) -> Any:
        assert image.shape == (64, 64, 1)
        return self


def test_the_reference_model_computes_here_what_it_computed_where_it_was_made() -> None:
    (path,) = MODELS.glob("*.tflite")
    file = read(path)
    away = golden.largest_difference(Predictor(file.content), file.card)
    assert away is not None
    assert away <= golden.ALLOWED_DIFFERENCE


def test_the_difference_is_that_of_the_worst_case_after_the_temperature() -> None:
    told: Any = Told(1.0, -1.0)
    assert golden.largest_difference(told, CARD) == pytest.approx(4.0 / 2.0)


def test_scores_that_are_no_numbers_are_infinitely_far() -> None:
    told: Any = Told(1.0, float("nan"))
    assert golden.largest_difference(told, CARD) == float("inf")


def test_without_a_case_nothing_is_proven() -> None:
    told: Any = Told(1.0, -1.0)
    assert golden.largest_difference(told, replace(CARD, golden=())) is None


def test_a_case_is_drawn_as_the_graph_wants_it() -> None:
    image = golden.image(GoldenCase(5, True, ()), InputSpec(32, 48, 3))
    assert image.shape == (32, 48, 3)
    assert np.array_equal(image[..., 2], draw(5, opacity=True, height=32, width=48))
