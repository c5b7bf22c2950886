"""Curves with a 95 % band: how far they might lie elsewhere had other patients come."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.statistics.resampling import draws
from xray.statistics import BOOTSTRAP_REPEATS

GRID_POINTS = 201


@dataclass(frozen=True)
class Band:
    """A curve on a fixed grid, with a pointwise 95 % band: at each x, not for the whole curve at once."""

    x: NDArray[np.float64]
    """Shape (points,), 0..1, rising."""
    value: NDArray[np.float64]
    """Of these very images, shape (points,), 0..1."""
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def roc_band(
    scores: NDArray[np.floating],
    positive: NDArray[np.bool_],
    patients: NDArray[np.int64],
    repeats: int = BOOTSTRAP_REPEATS,
) -> Band:
    """Sensitivity (value) over 1 − specificity (x), with a band from drawing whole patients, seeded.

    Args:
        scores: Shape (images,), higher means more likely positive.
        positive: Shape (images,); both classes are there.
        patients: A number for each image's patient, shape (images,).
        repeats: Draws; those without one of the classes are left out.
    """
    grid = np.linspace(0, 1, GRID_POINTS)

    def curve(found: NDArray[np.float64], called: NDArray[np.float64]) -> NDArray[np.float64]:
        # Of several sensitivities at one specificity, np.interp takes the last, which is the highest.
        values: NDArray[np.float64] = np.interp(grid, np.r_[0, called] / called[-1], np.r_[0, found] / found[-1])
        return values

    return _band(grid, curve, scores, positive, draws(patients, repeats))


def precision_recall_band(
    scores: NDArray[np.floating],
    positive: NDArray[np.bool_],
    patients: NDArray[np.int64],
    repeats: int = BOOTSTRAP_REPEATS,
) -> Band:
    """Precision (value) over sensitivity, also called recall (x), with a band from drawing whole patients, seeded.

    At each x it is the precision of the strictest threshold that reaches this sensitivity. Nothing is interpolated: a
    straight line between two points of this curve promises too much (Davis & Goadrich, ICML 2006, section 4).

    Args:
        scores: Shape (images,), higher means more likely positive.
        positive: Shape (images,); both classes are there.
        patients: A number for each image's patient, shape (images,).
        repeats: Draws; those without one of the classes are left out.
    """
    grid = np.linspace(0, 1, GRID_POINTS)

    def curve(found: NDArray[np.float64], called: NDArray[np.float64]) -> NDArray[np.float64]:
        drawn = found + called > 0  # thresholds above the first image of this draw call nothing positive
        found, called = found[drawn], called[drawn]
        reaching = np.searchsorted(found / found[-1], grid - 1e-12, side="left")
        precision: NDArray[np.float64] = (found / (found + called))[reaching]
        return precision

    return _band(grid, curve, scores, positive, draws(patients, repeats))


def _band(
    grid: NDArray[np.float64],
    curve: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
    scores: NDArray[np.floating],
    positive: NDArray[np.bool_],
    weights: NDArray[np.int64],
) -> Band:
    """Draw a curve once for the images themselves and once for every draw.

    Args:
        grid: Where the curve is wanted.
        curve: From the true and the false positives at every threshold, the highest first, to values on the grid.
        scores: Shape (images,).
        positive: Shape (images,).
        weights: Shape (draws, images).
    """
    order = np.argsort(-scores, kind="stable")
    lasts = np.flatnonzero(np.diff(scores[order], append=-np.inf))  # images of one score are called together

    def counted(weight: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = np.cumsum(weight[order] * positive[order])[lasts]
        called = np.cumsum(weight[order] * ~positive[order])[lasts]
        return found.astype(float), called.astype(float)

    counts = (counted(weight) for weight in weights)
    drawn = [curve(found, called) for found, called in counts if found[-1] and called[-1]]
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    return Band(grid, curve(*counted(np.ones(scores.size, np.int64))), low, high)
