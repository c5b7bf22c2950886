"""The noise floor of calibration: what even a perfectly calibrated model shows with so few images.

The expected calibration error is never zero on a finite sample, not even for a model that is exactly right about its
own probabilities (Bröcker & Smith, Weather and Forecasting 2007, 22:651). A measured
error below the floor's upper end is no evidence against the model.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray.statistics import BOOTSTRAP_REPEATS, brier, calibration_error


@dataclass(frozen=True)
class Floor:
    """What chance alone does to a figure."""

    mean: float
    high: float
    """19 of 20 samples of this size stay below."""


@dataclass(frozen=True)
class NoiseFloor:
    """For the figures that `xray.statistics` calls the same."""

    calibration_error: Floor
    brier: Floor


def noise_floor(probabilities: NDArray[np.floating], repeats: int = BOOTSTRAP_REPEATS) -> NoiseFloor:
    """Draw labels from the probabilities themselves and measure, again and again (consistency resampling; seeded).

    Images are drawn as independent. Where a patient has several the true floor lies higher.

    Args:
        probabilities: Shape (images, labels), rows sum to 1.
        repeats: Draws.
    """
    rng = np.random.default_rng(0)
    edges = np.cumsum(probabilities, axis=1)
    edges[:, -1] = np.inf  # rounding must not leave a draw without a label
    measured = np.empty((repeats, 2))
    for at in range(repeats):
        labels = (rng.random((len(edges), 1)) >= edges).sum(axis=1)
        measured[at] = calibration_error(probabilities, labels), brier(probabilities, labels)
    means, highs = measured.mean(axis=0), np.quantile(measured, 0.95, axis=0)
    floors = [Floor(float(mean), float(high)) for mean, high in zip(means, highs, strict=True)]
    return NoiseFloor(*floors)
