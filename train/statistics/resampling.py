"""Drawing whole patients with replacement, as how often each image was drawn: nothing is copied, nothing sorted twice."""

import numpy as np
from numpy.typing import NDArray

from xray.statistics import BOOTSTRAP_REPEATS


def draws(patients: NDArray[np.int64], repeats: int = BOOTSTRAP_REPEATS, seed: int = 0) -> NDArray[np.int64]:
    """How often each image is in each draw of a bootstrap over patients (Efron 1979; clustered: Field & Welsh 2007).

    Args:
        patients: A number for each image's patient, shape (images,).
        repeats: Draws.
        seed: The same one gives the same draws, so that two models are measured on the same ones.

    Returns:
        Shape (repeats, images), 0 or more.
    """
    _, whose = np.unique(patients, return_inverse=True)
    count = int(whose.max()) + 1
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=repeats)[:, whose]


def weighted_auroc(
    scores: NDArray[np.floating], positive: NDArray[np.bool_], weights: NDArray[np.int64]
) -> NDArray[np.float64]:
    """AUROC of every draw, as if each image were there as often as its weight says; ties count half.

    Args:
        scores: Shape (images,).
        positive: Shape (images,).
        weights: Shape (draws, images), 0 or more.

    Returns:
        Shape (draws,), 0..1; NaN where a draw lacks one of the classes.
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    sorted_weights = weights[:, order]
    with_label, without = (
        np.add.reduceat(np.where(chosen, sorted_weights, 0), starts, axis=1)
        for chosen in (positive[order], ~positive[order])
    )
    below = np.cumsum(without, axis=1) - without / 2
    pairs = (with_label.sum(axis=1) * without.sum(axis=1)).astype(float)
    pairs[pairs == 0] = np.nan
    areas: NDArray[np.float64] = (with_label * below).sum(axis=1) / pairs
    return areas
