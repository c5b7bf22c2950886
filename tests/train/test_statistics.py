"""Against scikit-learn, scipy, closed forms and published examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn.metrics import precision_recall_curve, precision_recall_fscore_support, roc_auc_score, roc_curve

from train import statistics
from xray.statistics import brier, wilson

TABLE = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1
3.8 5.7  5 1  3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0
2.3 4.4  6 1  4.2 7.6 4 0  4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1
3.1 6.6  6 1  4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0
3.7 6.1  5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1  2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1
3.3 5.7  6 1  3.7 6.9 5 1  3.6 6.6 5 1
"""
"""The example of DeLong, DeLong & Clarke-Pearson themselves (Biometrics 1988, 44:837): albumin, total protein,
K-G score and the outcome of 43 patients, as the SAS/STAT User's Guide prints them (PROC LOGISTIC, "Comparing Receiver
Operating Characteristic Curves"), which also gives the results that are tested here."""
ALBUMIN, PROTEIN, SUM, OUTCOME = np.array(TABLE.split(), float).reshape(-1, 4).T
SCORE, BENEFIT = 10 - SUM, OUTCOME == 1


def rated() -> tuple[np.ndarray, np.ndarray]:
    """Hanley & McNeil, Radiology 1982, 143:29, table I: 109 CT images, rated from 1, surely normal, to 5."""
    counts = [[33, 6, 6, 11, 2], [3, 2, 2, 11, 33]]
    scores = np.concatenate([np.repeat(np.arange(1.0, 6.0), row) for row in counts])
    return scores, np.arange(109) >= 58


def noisy(images: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores with ties that are right more often than not, and whether each image has the label."""
    rng = np.random.default_rng(seed)
    positive = rng.random(images) < 0.4
    return np.round(rng.normal(size=images) + positive, 1), positive


@pytest.mark.parametrize(
    ("scores", "area", "error", "low", "high"),
    [
        (ALBUMIN, 0.7366, 0.0927, 0.5549, 0.9182),
        (SCORE, 0.7258, 0.1028, 0.5243, 0.9273),
        (PROTEIN, 0.6478, 0.1000, 0.4518, 0.8439),
    ],
)
def test_delong_s_interval_is_the_published_one(
    scores: np.ndarray, area: float, error: float, low: float, high: float
) -> None:
    told = statistics.delong_interval(scores, BENEFIT)
    assert (told.value, told.low, told.high) == pytest.approx((area, low, high), abs=5e-5)
    assert np.sqrt(statistics.delong_variance(scores, BENEFIT)) == pytest.approx(error, abs=5e-5)


@pytest.mark.parametrize(
    ("scores", "difference", "error", "low", "high", "p"),
    [(ALBUMIN, 0.0108, 0.0953, -0.1761, 0.1976, 0.9102), (PROTEIN, -0.0780, 0.1046, -0.2830, 0.1271, 0.4561)],
)
def test_delong_s_test_is_the_published_one(
    scores: np.ndarray, difference: float, error: float, low: float, high: float, p: float
) -> None:
    told = statistics.delong(scores, SCORE, BENEFIT)
    assert (told.difference, told.standard_error) == pytest.approx((difference, error), abs=5e-5)
    assert (told.low, told.high, told.p) == pytest.approx((low, high, p), abs=5e-5)
    other = statistics.delong(SCORE, scores, BENEFIT)
    assert (other.difference, other.p) == pytest.approx((-told.difference, told.p))


def test_delong_s_interval_holds_with_many_ties() -> None:
    """The figures of Stata's manual for `roctab` on these ratings: area .8932, standard error .0307."""
    scores, positive = rated()
    told = statistics.delong_interval(scores, positive)
    assert (told.value, told.low, told.high) == pytest.approx((0.8932, 0.83295, 0.95339), abs=5e-5)


def test_delong_says_when_it_cannot_tell() -> None:
    scores = np.arange(6.0)
    positive = scores > 2
    assert statistics.delong(scores, 2 * scores, positive).p == 1
    assert np.isnan(statistics.delong(scores, -scores, positive).p)
    assert np.isnan(statistics.delong(scores, -scores, scores > 4).p)
    assert np.isnan(statistics.delong_interval(scores, scores > 4).low)


def test_delong_rejects_as_often_as_it_says() -> None:
    """Two equally good models over and over: 5 % of the tests find a difference at p < 0.05."""
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(1000):
        positive = np.arange(120) < 50
        quality = rng.normal(size=120) + positive
        found += statistics.delong(*(quality + rng.normal(size=(2, 120))), positive).p < 0.05
    assert stats.binomtest(found, 1000, 0.05).pvalue > 0.01


def test_a_bootstrap_of_single_images_is_delong_s_published_example() -> None:
    """Without clusters both estimate the same: the error to 5 %, the ends of the interval to a tenth of their distance."""
    patients = np.arange(BENEFIT.size)
    told = statistics.paired_bootstrap(PROTEIN, SCORE, BENEFIT, patients, repeats=4000)
    assert told.difference == pytest.approx(-0.0780, abs=5e-5)
    assert told.standard_error == pytest.approx(0.1046, rel=0.05)
    assert (told.low, told.high) == pytest.approx((-0.2830, 0.1271), abs=0.04)
    assert told.p == pytest.approx(0.4561, abs=0.05)


def test_a_bootstrap_over_patients_knows_that_copies_are_no_new_patients() -> None:
    """Closed form: each image four times over is one image with four rows, whose error stays as it is; DeLong's halves."""
    copied = [np.repeat(one, 4) for one in (PROTEIN, SCORE, BENEFIT)]
    patients = np.repeat(np.arange(BENEFIT.size), 4)
    once = statistics.paired_bootstrap(PROTEIN, SCORE, BENEFIT, np.arange(BENEFIT.size))
    assert statistics.paired_bootstrap(*copied, patients).standard_error == pytest.approx(once.standard_error)
    assert statistics.delong(*copied).standard_error == pytest.approx(0.1046 / 2, rel=0.05)  # n - 1 counts copies too


def test_a_bootstrap_of_two_labels_is_that_of_one_of_them() -> None:
    """With two labels each one's AUROC is the other's, and so is their mean; a label that is not there takes no part."""
    patients = np.arange(BENEFIT.size)
    told = statistics.paired_bootstrap(PROTEIN, SCORE, BENEFIT, patients)
    absent = np.zeros(BENEFIT.size)
    models = [np.stack([-one, one, absent], axis=1) for one in (PROTEIN, SCORE)]
    positive = np.stack([~BENEFIT, BENEFIT, absent > 0], axis=1)
    assert vars(statistics.paired_bootstrap(*models, positive, patients)) == pytest.approx(vars(told))


def test_two_equal_models_cannot_be_told_apart_by_a_bootstrap() -> None:
    told = statistics.paired_bootstrap(SCORE, SCORE, BENEFIT, np.arange(43), repeats=50)
    assert (told.difference, told.low, told.high, told.p) == (0, 0, 0, 1)
    assert np.isnan(statistics.paired_bootstrap(SCORE, SCORE, BENEFIT, np.zeros(43, int), repeats=1).p)


@given(arrays(np.float64, 30, elements=st.integers(0, 8).map(float)), st.integers(0, 100))
def test_a_weighted_auroc_is_that_of_repeated_images(scores: np.ndarray, seed: int) -> None:
    positive = np.arange(30) % 3 == 0
    weights = statistics.draws(np.arange(30) // 2, repeats=3, seed=seed)
    assert (weights.sum(axis=1) == 30).all()
    expected = [roc_auc_score(np.repeat(positive, one), np.repeat(scores, one)) for one in weights]
    assert statistics.weighted_auroc(scores, positive, weights) == pytest.approx(expected)


def test_a_bootstrap_s_error_is_the_published_one() -> None:
    """Efron & Tibshirani, An Introduction to the Bootstrap 1993, table 2.1: the treated mice; the mean's is closed form."""
    survived_days = np.array([94, 197, 16, 38, 99, 141, 23])
    weights = statistics.draws(np.arange(7), repeats=20_000)
    assert (weights @ survived_days / 7).std() == pytest.approx(23.36, rel=0.02)
    medians = [np.median(np.repeat(survived_days, one)) for one in weights[:8000]]
    assert np.std(medians) == pytest.approx(37.83, rel=0.03)


def test_patients_are_drawn_whole() -> None:
    weights = statistics.draws(np.array([7, 2, 7, 2, 2, 9]), repeats=200)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, [1, 3, 4]] == weights[:, [1]]).all()
    assert (weights[:, [0, 1, 5]].sum(axis=1) == 3).all()


def test_mcnemar_s_test_is_the_published_one() -> None:
    """Agresti, Categorical Data Analysis 2002, table 10.1: 150 and 86 differ, two-sided p about 3e-5."""
    first = np.repeat([True, True, False, False], [794, 150, 86, 570])
    second = np.repeat([True, False, True, False], [794, 150, 86, 570])
    told = statistics.mcnemar(first, second)
    assert (told.only_first, told.only_second) == (150, 86)
    assert told.p == pytest.approx(2 * stats.binom.cdf(86, 236, 0.5))
    assert 2e-5 < told.p < 5e-5
    assert statistics.mcnemar(first, first).p == 1


def test_a_patient_s_images_are_one_throw_of_mcnemar_s_coin() -> None:
    """Three patients, two sums of 2 and one of 1, all for the first model: 2 of 8 throws are as uneven."""
    first, second = np.array([True] * 5 + [False]), np.array([False] * 6)
    told = statistics.mcnemar(first, second, np.array([4, 4, 9, 9, 1, 1]))
    assert (told.only_first, told.only_second, told.p) == (5, 0, 0.25)
    assert statistics.mcnemar(first, second, np.arange(6)).p == pytest.approx(2 / 2**5)
    assert statistics.mcnemar(first, second, np.zeros(6, int)).p == 1


def test_a_share_of_single_images_is_wilson_s_and_of_copies_too() -> None:
    rng = np.random.default_rng(0)
    hits = rng.random(80) < 0.8
    alone = wilson(int(hits.sum()), 80)
    assert vars(statistics.clustered_share(hits, np.arange(80))) == pytest.approx(vars(alone), rel=0.02)
    copies = statistics.clustered_share(np.repeat(hits, 4), np.repeat(np.arange(80), 4))
    assert vars(copies) == pytest.approx(vars(alone), rel=0.01)
    assert vars(statistics.clustered_share(np.ones(80, bool), np.arange(80) // 4)) == vars(wilson(20, 20))
    assert vars(statistics.clustered_share(hits[:0], np.arange(0))) == vars(wilson(0, 0))


def test_the_interval_of_a_clustered_share_covers_as_often_as_it_says() -> None:
    """Patients whose own shares differ (beta, mean 0.8), four images each; Wilson's alone would cover four in five."""
    rng = np.random.default_rng(0)
    patients, held = np.arange(240) // 4, 0
    for _ in range(500):
        told = statistics.clustered_share(rng.random(240) < np.repeat(rng.beta(1.6, 0.4, 60), 4), patients)
        held += told.low <= 0.8 <= told.high
    assert 0.92 < held / 500 < 0.98


def test_holm_s_correction_is_that_of_his_definition() -> None:
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    corrected = statistics.holm([0.6, float("nan"), 0.7])
    assert corrected[::2] == (1, 1)
    assert np.isnan(corrected[1])
    assert statistics.holm([]) == ()


def test_the_roc_curve_is_scikit_learn_s_and_its_band_holds_it() -> None:
    scores, positive = noisy(300)
    band = statistics.roc_band(scores, positive, np.arange(300) // 2, repeats=200)
    false, true, _ = roc_curve(positive, scores, drop_intermediate=False)
    assert band.value == pytest.approx(np.interp(band.x, false, true))
    assert (band.low <= band.value).all()
    assert (band.value <= band.high).all()
    assert (band.value[0], band.value[-1]) == (0 + true[false == 0].max(), 1)


def test_the_precision_recall_curve_is_scikit_learn_s_and_its_band_holds_it() -> None:
    scores, positive = noisy(300)
    band = statistics.precision_recall_band(scores, positive, np.arange(300), repeats=200)
    precision, recall, _ = precision_recall_curve(positive, scores)
    expected = [precision[np.flatnonzero(recall >= x - 1e-12).max()] for x in band.x[1:]]
    assert band.value[1:] == pytest.approx(expected)
    assert np.mean((band.low <= band.value) & (band.value <= band.high)) > 0.95
    assert band.value[-1] >= positive.mean()


def test_the_band_of_a_curve_covers_the_truth_as_often_as_it_says() -> None:
    """Binormal: at a specificity of 0.8 the sensitivity is known; 95 % bands of 200 samples hold it."""
    truth = stats.norm.cdf(1 + stats.norm.ppf(0.2))
    rng = np.random.default_rng(0)
    positive = np.arange(200) < 100
    held = 0
    for _ in range(200):
        band = statistics.roc_band(rng.normal(size=200) + positive, positive, np.arange(200), repeats=100)
        at = int(np.searchsorted(band.x, 0.2))
        held += band.low[at] <= truth <= band.high[at]
    assert 0.88 < held / 200 < 0.99


def test_the_band_of_several_images_a_patient_is_wider() -> None:
    scores, positive = noisy(60)
    scores, positive = np.repeat(scores, 4), np.repeat(positive, 4)
    apart, together = (statistics.roc_band(scores, positive, whose) for whose in (np.arange(240), np.arange(240) // 4))
    assert (together.high - together.low).mean() > 1.5 * (apart.high - apart.low).mean()


def test_the_noise_floor_of_brier_is_its_closed_form() -> None:
    """Expected Brier of a calibrated model: the mean of 1 minus the sum of squared probabilities."""
    shares = np.random.default_rng(0).dirichlet([1, 1, 1], 400)
    told = statistics.noise_floor(shares)
    assert told.brier.mean == pytest.approx((1 - (shares**2).sum(axis=1)).mean(), abs=0.002)
    labels = np.array([np.random.default_rng(1).choice(3, p=row) for row in shares])
    assert brier(shares, labels) < told.brier.high + 0.05
    assert told.brier.mean < told.brier.high


def test_the_noise_floor_of_one_bin_is_the_spread_of_a_coin() -> None:
    """All images at 0.8: the error is |hits / n - 0.8|, whose mean is sqrt(2 / pi) standard errors."""
    told = statistics.noise_floor(np.tile([0.2, 0.8], (100, 1)), repeats=4000)
    assert told.calibration_error.mean == pytest.approx(np.sqrt(2 / np.pi) * 0.04, rel=0.05)
    assert told.calibration_error.high == pytest.approx(1.96 * 0.04, rel=0.15)


@given(arrays(np.int64, (3, 3), elements=st.integers(0, 20)))
def test_figures_of_each_label_are_scikit_learn_s(confusion: np.ndarray) -> None:
    confusion[0, 0] += 1
    rows, columns = np.nonzero(confusion)
    counts = confusion[rows, columns]
    true, found = np.repeat(rows, counts), np.repeat(columns, counts)
    precision, recall, f1, support = precision_recall_fscore_support(
        true, found, labels=[0, 1, 2], average=None, zero_division=0
    )
    told = statistics.by_class(confusion)
    assert [one.precision.value for one in told] == pytest.approx(precision)
    assert [one.sensitivity.value for one in told] == pytest.approx(recall)
    assert [one.f1 for one in told] == pytest.approx(f1)
    assert [one.support for one in told] == list(support)
    others = [true != label for label in range(3)]
    specificity = [(found[own] != label).mean() if own.any() else 0 for label, own in enumerate(others)]
    assert [one.specificity.value for one in told] == pytest.approx(specificity)
