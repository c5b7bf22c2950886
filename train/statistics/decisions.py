"""Does one model decide better than another on the same images? McNemar's test, and the correction for asking often."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Discordant:
    """The images on which two models differ in being right."""

    only_first: int
    """Only the first model was right."""
    only_second: int
    p: float
    """Two-sided, exact: how often fair coins would fall at least as unevenly."""


def mcnemar(
    first_right: NDArray[np.bool_], second_right: NDArray[np.bool_], patients: NDArray[np.int64] | None = None
) -> Discordant:
    """Compare two models' decisions by the images on which only one is right (McNemar, Psychometrika 1947, 12:153).

    Were the models equally good, either could have been the one that is right. With patients given, one coin is thrown
    for all images of a patient, because they tend to go wrong together: the exact distribution of the sum under all
    sign changes of the patients' sums. With one image each that is the exact binomial test.

    Args:
        first_right: Whether the first model decided as the label says, shape (images,).
        second_right: Likewise.
        patients: A number for each image's patient, shape (images,); None takes every image as independent.
    """
    sign = first_right.astype(int) - second_right.astype(int)
    _, whose = np.unique(np.arange(sign.size) if patients is None else patients, return_inverse=True)
    sums = np.abs(np.bincount(whose, weights=sign)).astype(int)
    reach = int(sums.sum())
    likelihood = np.zeros(2 * reach + 1)  # of every sum from -reach to reach
    likelihood[reach] = 1
    for one in sums[sums > 0]:
        likelihood = (np.roll(likelihood, one) + np.roll(likelihood, -one)) / 2  # never wraps: reach is the largest sum
    as_uneven = np.abs(np.arange(-reach, reach + 1)) >= abs(int(sign.sum()))
    p = min(1.0, float(likelihood[as_uneven].sum()))
    return Discordant(int((sign > 0).sum()), int((sign < 0).sum()), p)


def holm(values: Sequence[float]) -> tuple[float, ...]:
    """Correct p for having asked several times (Holm, Scandinavian Journal of Statistics 1979, 6:65); NaN stays NaN."""
    corrected = np.array(values, float)
    asked = np.flatnonzero(~np.isnan(corrected))
    order = asked[np.argsort(corrected[asked], kind="stable")]
    stepped = np.maximum.accumulate(corrected[order] * np.arange(order.size, 0, -1))
    corrected[order] = np.minimum(stepped, 1)
    return tuple(float(value) for value in corrected)
