"""Does one model rank the same images better than another? DeLong's test, and a bootstrap over patients.

DeLong's test takes every image as independent. Several images of one patient are not: there the bootstrap is the one to
believe, and DeLong's is what the literature can be compared with.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from train.statistics.resampling import draws, weighted_auroc
from xray.card import Interval
from xray.statistics import BOOTSTRAP_REPEATS, auroc

_Z95 = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class Paired:
    """The difference of two AUROCs on the same images, first minus second, with its 95 % interval."""

    difference: float
    low: float
    high: float
    p: float
    """Two-sided: how often chance alone gives a difference as large. NaN where it cannot be told."""
    standard_error: float


def delong(first: NDArray[np.floating], second: NDArray[np.floating], positive: NDArray[np.bool_]) -> Paired:
    """Compare two models' AUROC on the same images (DeLong, DeLong & Clarke-Pearson, Biometrics 1988, 44:837).

    Args:
        first: Scores, shape (images,), higher means more likely positive.
        second: Likewise, of the same images.
        positive: Shape (images,).

    Returns:
        All NaN with fewer than two images of a class. Two models that rank alike differ by 0, p = 1. Where both
        separate the classes without a fault in one or the other direction there is no variance, and p is NaN.
    """
    areas, covariance = _delong(np.stack([first, second]), positive)
    difference = float(areas[0] - areas[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    error = float(np.sqrt(max(variance, 0.0)))
    if error > 1e-12:
        p = float(2 * stats.norm.sf(abs(difference) / error))
    else:
        p = 1.0 if abs(difference) < 1e-12 else float("nan")
    return Paired(difference, difference - _Z95 * error, difference + _Z95 * error, p, error)


def delong_variance(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Variance of one AUROC; NaN with fewer than two images of a class."""
    return float(_delong(scores[None], positive)[1][0, 0])


def delong_interval(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> Interval:
    """One AUROC with its 95 % interval, cut at 0 and 1.

    At an AUROC of exactly 1 the interval is the point itself, which says too much: believe no interval there.
    """
    half = _Z95 * np.sqrt(delong_variance(scores, positive))
    area = auroc(scores, positive)
    return Interval(area, float(np.maximum(area - half, 0)), float(np.minimum(area + half, 1)))


def _delong(
    scores: NDArray[np.floating], positive: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """AUROCs and their covariance, from midranks (Sun & Xu, IEEE Signal Processing Letters 2014, 21:1389).

    Args:
        scores: Shape (models, images).
        positive: Shape (images,).

    Returns:
        Shape (models,) and (models, models).
    """
    models, count, others = len(scores), int(positive.sum()), int((~positive).sum())
    if min(count, others) < 2:
        return np.full(models, np.nan), np.full((models, models), np.nan)
    ranks = stats.rankdata(scores, axis=1)
    # How many of the negatives each positive outranks, and how many of the positives outrank each negative, as shares:
    # DeLong's V10 and V01, whose spread is the AUROC's.
    outranks = (ranks[:, positive] - stats.rankdata(scores[:, positive], axis=1)) / others
    outranked = 1 - (ranks[:, ~positive] - stats.rankdata(scores[:, ~positive], axis=1)) / count
    covariance = np.cov(outranks).reshape(models, models) / count + np.cov(outranked).reshape(models, models) / others
    return outranks.mean(axis=1), covariance


def paired_bootstrap(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    positive: NDArray[np.bool_],
    patients: NDArray[np.int64],
    repeats: int = BOOTSTRAP_REPEATS,
) -> Paired:
    """Compare two models' AUROC on the same images, drawing whole patients with replacement, for both models the same.

    The interval is that of the percentiles; p is twice the smaller share of draws on one side of zero, one draw added to
    each (Davison & Hinkley 1997, section 4.2), so it never goes below 2 / (repeats + 1).

    Args:
        first: Scores, shape (images,); or (images, labels), for the mean of each label's AUROC.
        second: Likewise.
        positive: Of the same shape: which images have the label.
        patients: A number for each image's patient, shape (images,).
        repeats: Draws, with a fixed seed. A label that a draw lacks is left out of its mean, a draw without any of the
            draws.
    """
    models = [one.reshape(len(patients), -1) for one in (first, second)]
    has_label = positive.reshape(len(patients), -1)
    itself = np.ones((1, len(patients)), np.int64)
    difference = float(_mean_area(models[0], has_label, itself)[0] - _mean_area(models[1], has_label, itself)[0])
    weights = draws(patients, repeats)
    drawn = _mean_area(models[0], has_label, weights) - _mean_area(models[1], has_label, weights)
    drawn = drawn[~np.isnan(drawn)]
    if drawn.size < 2:
        return Paired(difference, float("nan"), float("nan"), float("nan"), float("nan"))
    low, high = np.quantile(drawn, (0.025, 0.975))
    tail = 1 + min(int((drawn <= 1e-12).sum()), int((drawn >= -1e-12).sum()))
    p = min(1.0, 2 * tail / (drawn.size + 1))
    return Paired(difference, float(low), float(high), p, float(drawn.std(ddof=1)))


def _mean_area(
    scores: NDArray[np.floating], has_label: NDArray[np.bool_], weights: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean over the labels that are there of every draw's AUROC, shape (draws,); NaN where none is."""
    areas = np.ma.masked_invalid(
        [weighted_auroc(one, has, weights) for one, has in zip(scores.T, has_label.T, strict=True)]
    )
    return np.asarray(areas.mean(axis=0).filled(np.nan))
