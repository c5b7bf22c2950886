"""The same figures for parts of the images: a good mean may hide a subgroup that is served badly."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.data.dataset import Example
from train.statistics import clustered_share
from xray.card import Interval

MOST_VALUES = 8
"""A column with more is a name, a date or a measure, not a group."""
LEAST_IMAGES = 3
"""On average for each value; a column that differs with every image is no group either."""
SMALL = 30
"""With fewer images a 95 % interval is some 30 points wide in the middle: nothing is concluded from it."""


@dataclass(frozen=True)
class Subgroup:
    """The images that share a value in one column of the manifest; shares with Wilson intervals."""

    column: str
    value: str
    images: int
    accuracy: Interval
    sensitivity: Interval | None
    """Of the positive label at the default operating point; None with more than two labels, or without such images."""
    specificity: Interval | None

    @property
    def small(self) -> bool:
        return self.images < SMALL


def subgroups(
    examples: Sequence[Example],
    labels: NDArray[np.int64],
    found: NDArray[np.int64],
    patients: NDArray[np.int64],
    positive: int | None,
) -> tuple[Subgroup, ...]:
    """Measure every group of every column that has few distinct values.

    Args:
        examples: With the further columns of their manifest.
        labels: The true label's index, shape (images,).
        found: The found label's, shape (images,).
        patients: A number for each image's patient, shape (images,).
        positive: Of two labels, the finding.
    """
    columns = sorted({column for example in examples for column in example.columns})
    measured = []
    for column in columns:
        values = np.array([example.columns.get(column, "") for example in examples])
        for value in _groups(values):
            members = values == value
            measured.append(_measure(column, value, labels[members], found[members], patients[members], positive))
    return tuple(measured)


def _groups(values: NDArray[np.str_]) -> list[str]:
    """The values to measure, or none where this column does not group."""
    counts = Counter(value for value in values.tolist() if value)
    many = len(counts) > MOST_VALUES or counts.total() < LEAST_IMAGES * len(counts)
    return [] if many or len(set(values.tolist())) < 2 else sorted(counts)


def _measure(
    column: str,
    value: str,
    labels: NDArray[np.int64],
    found: NDArray[np.int64],
    patients: NDArray[np.int64],
    positive: int | None,
) -> Subgroup:
    right = labels == found

    def share(members: NDArray[np.bool_]) -> Interval | None:
        if positive is None or not members.any():
            return None
        return clustered_share(right[members], patients[members])

    return Subgroup(
        column=column,
        value=value,
        images=labels.size,
        accuracy=clustered_share(right, patients),
        sensitivity=share(labels == positive),
        specificity=share(labels != positive),
    )
