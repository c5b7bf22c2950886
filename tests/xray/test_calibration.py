import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from tests.cards import make_card
from xray.calibration import Outputs, calibrate, fit_temperature, operating_point, operating_points, uncertain_band
from xray.decide import probabilities
from xray.statistics import log_loss


def logits(count: int, *, scale: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose softmax at temperature `scale` is the truth, half of each label."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    margin = rng.normal(np.where(labels == 1, 1.0, -1.0), 1.0)  # log odds 2 * margin for unit variance
    return (scale * np.stack([-margin, margin], axis=1)).astype(np.float32), labels


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_the_temperature_is_recovered(scale: float) -> None:
    scores, labels = logits(40_000, scale=scale)
    assert fit_temperature(scores, labels) == pytest.approx(scale, rel=0.03)


def test_the_temperature_is_the_one_of_least_log_loss() -> None:
    scores, labels = logits(300, scale=2.5)
    best = minimize_scalar(
        lambda exponent: log_loss(probabilities(scores, float(np.exp(exponent))), labels),
        bounds=(-3, 3),
        method="bounded",
    )
    assert fit_temperature(scores, labels) == pytest.approx(np.exp(best.x), rel=1e-3)


def test_the_temperature_does_not_depend_on_how_many_of_each_label_there_are() -> None:
    scores, labels = logits(2000)
    many = np.concatenate([np.flatnonzero(labels == 1)] * 3 + [np.flatnonzero(labels == 0)])
    assert fit_temperature(scores[many], labels[many]) == pytest.approx(fit_temperature(scores, labels), rel=1e-6)


def test_at_the_threshold_is_positive() -> None:
    shares, positive = np.array([0.2, 0.5, 0.7]), np.array([False, True, True])
    point = operating_point("p", 0.5, shares, positive)
    assert (point.sensitivity.value, point.specificity.value) == (1.0, 1.0)


def test_the_balanced_threshold_is_the_highest_that_is_as_good_as_the_best() -> None:
    negatives, positives = np.linspace(0.0, 0.4, 500), np.linspace(0.6, 1.0, 500)
    shares = np.concatenate([negatives, positives])
    positive = np.arange(1000) >= 500
    assert operating_points(shares, positive)[0].threshold == pytest.approx(0.6)  # no error, so no standard error
    shares[:5], shares[500:505] = 0.9, 0.1  # one per cent wrong on each side
    balanced, half, _ = operating_points(shares, positive)
    best = half.sensitivity.value + half.specificity.value
    assert balanced.threshold > 0.6
    assert balanced.sensitivity.value + balanced.specificity.value >= best - np.sqrt(2 * 0.99 * 0.01 / 500) - 1e-9


def test_sensitivity95_finds_95_of_100_and_no_more_than_it_must() -> None:
    shares = np.concatenate([np.arange(1, 101) / 100, np.zeros(10)])
    point = operating_points(shares, np.arange(110) < 100)[2]
    assert point.threshold == pytest.approx(0.06)
    assert point.sensitivity.value == pytest.approx(0.95)


def test_the_uncertain_band_lies_where_labels_overlap_and_holds_the_threshold() -> None:
    rng = np.random.default_rng(0)
    shares = np.concatenate([rng.beta(2, 5, 400), rng.beta(5, 2, 400)])
    positive = np.arange(800) >= 400
    band = uncertain_band(shares, positive, 0.5)
    assert band is not None
    assert (shares[positive] < band.low).mean() == pytest.approx(0.02, abs=0.005)
    assert (shares[~positive] > band.high).mean() == pytest.approx(0.02, abs=0.005)
    assert uncertain_band(shares, positive, 0.99).high == 0.99  # type: ignore[union-attr]
    assert uncertain_band(shares, np.ones(800, bool), 0.5) is None
    assert uncertain_band(np.array([0.1, 0.9]), np.array([False, True]), 0.5) is None


def test_a_card_gets_all_that_depends_on_the_scores() -> None:
    scores, labels = logits(200)
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(200, 40)).astype(np.float32)
    card, arrays = calibrate(make_card(), Outputs(scores, embeddings, labels), embeddings, "these images")
    assert card.calibrated_on == "these images"
    assert sum(card.score_histogram) == 200
    assert [point.name for point in card.operating_points] == ["balanced", "half", "sensitivity95"]
    assert set(arrays) == {"embedding_mean", "embedding_axes", "embedding_spread"}
    assert card.out_of_distribution_limit is not None
    assert 0.9 < card.out_of_distribution_limit < 2.5
