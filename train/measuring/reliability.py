"""Reliability: of the images that were given a probability, how many have the label."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.statistics import clustered_share
from xray.card import Interval

MOST_GROUPS = 10
LEAST_IMAGES = 10
"""In a group; with fewer its share is mostly chance."""


@dataclass(frozen=True)
class Group:
    """Images of about the same probability."""

    probability: float
    """Mean."""
    share: Interval
    """Of these images, how many have the label."""
    images: int


def reliability(
    probabilities: NDArray[np.float64], right: NDArray[np.bool_], patients: NDArray[np.int64]
) -> tuple[Group, ...]:
    """Sort images by probability and cut them into groups of equal size.

    Groups of equal size rather than of equal width: most probabilities lie near 0 and 1, and a group of three images in
    the middle shows nothing (Nguyen & O'Connor, EMNLP 2015, section 2.2).

    Args:
        probabilities: Shape (images,), 0..1.
        right: Whether the label is there, shape (images,).
        patients: A number for each image's patient, shape (images,).
    """
    order = np.argsort(probabilities, kind="stable")
    count = max(1, min(MOST_GROUPS, order.size // LEAST_IMAGES))
    return tuple(
        Group(float(probabilities[members].mean()), clustered_share(right[members], patients[members]), members.size)
        for members in np.array_split(order, count)
    )
