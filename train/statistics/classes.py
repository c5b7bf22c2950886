"""What a confusion matrix says of each label."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray.card import Interval
from xray.statistics import wilson


@dataclass(frozen=True)
class ClassFigures:
    """One label against the rest; shares with their Wilson intervals."""

    support: int
    """Images that have the label."""
    precision: Interval
    """Share of the images called so that are so; PPV at the prevalence of these images. 0 (0–1) where none was."""
    sensitivity: Interval
    """Also called recall."""
    specificity: Interval
    f1: float
    """Harmonic mean of precision and sensitivity. No share of anything, hence without an interval."""


def by_class(confusion: NDArray[np.integer]) -> tuple[ClassFigures, ...]:
    """Figures of each label, in the matrix's order.

    Args:
        confusion: Shape (labels, labels): rows are the true labels, columns what was found.
    """
    right, true, found = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    total = int(confusion.sum())
    return tuple(
        _figures(int(hits), int(own), int(called), total) for hits, own, called in zip(right, true, found, strict=True)
    )


def _figures(hits: int, own: int, called: int, total: int) -> ClassFigures:
    others = total - own
    return ClassFigures(
        support=own,
        precision=wilson(hits, called),
        sensitivity=wilson(hits, own),
        specificity=wilson(others - (called - hits), others),
        f1=2 * hits / (own + called) if own + called else 0.0,
    )
