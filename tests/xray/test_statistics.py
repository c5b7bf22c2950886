import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from xray import statistics
from xray.card import Interval

SCORES = arrays(np.float64, 40, elements=st.integers(0, 12).map(lambda value: value / 12))


@given(SCORES, st.integers(1, 39))
def test_auroc_is_scikit_learn_s_ties_included(scores: np.ndarray, positives: int) -> None:
    positive = np.arange(40) < positives
    assert statistics.auroc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


def test_auroc_without_one_of_the_classes_is_not_a_number() -> None:
    assert np.isnan(statistics.auroc(np.arange(3.0), np.ones(3, bool)))


def test_the_mean_auroc_of_three_labels_is_each_against_the_rest() -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(3), 100)
    labels = rng.integers(0, 3, 100)
    assert statistics.mean_auroc(shares, labels) == pytest.approx(roc_auc_score(labels, shares, multi_class="ovr"))


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    # Newcombe, Statistics in Medicine 1998, 17:857, table I, method 3 (score, no continuity correction)
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_s_interval_is_the_published_one(hits: int, total: int, low: float, high: float) -> None:
    found = statistics.wilson(hits, total)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_a_share_of_nothing_may_be_anything() -> None:
    assert statistics.wilson(0, 0) == Interval(0.0, 0.0, 1.0)


def test_log_loss_and_brier_are_scikit_learn_s() -> None:
    rng = np.random.default_rng(1)
    positive = rng.uniform(0.01, 0.99, 50)
    labels = rng.integers(0, 2, 50)
    shares = np.stack([1 - positive, positive], axis=1)
    assert statistics.log_loss(shares, labels) == pytest.approx(sklearn_log_loss(labels, positive))
    assert statistics.brier(shares, labels) == pytest.approx(2 * brier_score_loss(labels, positive))


def test_calibration_error_is_the_gap_between_said_and_true() -> None:
    shares = np.tile([0.2, 0.8], (100, 1))
    assert statistics.calibration_error(shares, np.array([1] * 80 + [0] * 20)) == pytest.approx(0, abs=1e-9)
    assert statistics.calibration_error(shares, np.array([1] * 50 + [0] * 50)) == pytest.approx(0.3)


def test_the_bootstrap_draws_patients_and_not_images() -> None:
    """The same value forty times over from one patient is one observation: the interval stays wide."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=20)
    single = statistics.bootstrap(lambda at: float(values[at].mean()), np.arange(20))
    repeated = np.repeat(values, 40)
    clustered = statistics.bootstrap(lambda at: float(repeated[at].mean()), np.repeat(np.arange(20), 40))
    assert clustered.high - clustered.low == pytest.approx(single.high - single.low, rel=0.05)
    expected = 2 * 1.96 * values.std() / np.sqrt(20)
    assert single.high - single.low == pytest.approx(expected, rel=0.15)
