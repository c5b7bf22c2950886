"""The few statistics that training and export share: ranking, calibration and shares with their intervals."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xray.card import Interval

BOOTSTRAP_REPEATS = 1000
_Z95 = 1.959964  # the normal distribution's 97.5 % point


def auroc(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: the chance that a positive outranks a negative, ties counting half.

    Args:
        scores: Shape (images,), higher means more likely positive.
        positive: Shape (images,).

    Returns:
        0..1, or NaN where one of the classes is absent. Mann & Whitney 1947; Hanley & McNeil 1982.
    """
    count = int(positive.sum())
    others = positive.size - count
    if not count or not others:
        return float("nan")
    _, inverse, ties = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(ties) - (ties - 1) / 2
    return float((mean_rank[inverse][positive].sum() - count * (count + 1) / 2) / (count * others))


def mean_auroc(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """AUROC of the last label where there are two, else the mean of each label against the rest.

    Args:
        probabilities: Shape (images, labels).
        labels: Shape (images,), the true label's index. Labels without an image are left out of the mean.

    Returns:
        0..1, or NaN where all images are of one label.
    """
    if probabilities.shape[1] == 2:
        return auroc(probabilities[:, 1], labels == 1)
    present = np.unique(labels)
    if present.size < 2:
        return float("nan")
    return float(np.mean([auroc(probabilities[:, index], labels == index) for index in present]))


def wilson(hits: float, total: float) -> Interval:
    """A share with its 95 % score interval (Wilson 1927), which keeps its coverage near 0 and 1."""
    if total == 0:
        return Interval(0.0, 0.0, 1.0)
    share, squared = hits / total, _Z95**2
    centre = (share + squared / (2 * total)) / (1 + squared / total)
    half = _Z95 * np.sqrt(share * (1 - share) / total + squared / (4 * total**2)) / (1 + squared / total)
    return Interval(share, float(max(0.0, centre - half)), float(min(1.0, centre + half)))


def log_loss(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Mean negative log likelihood of the true labels; probabilities of shape (images, labels)."""
    return float(-np.log(np.clip(probabilities[np.arange(labels.size), labels], 1e-12, 1)).mean())


def brier(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Mean squared distance from the true labels, 0 (perfect) to 2 (Brier 1950, over all labels)."""
    truth = np.eye(probabilities.shape[1])[labels]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())


def calibration_error(probabilities: NDArray[np.floating], labels: NDArray[np.integer], bins: int = 15) -> float:
    """Expected calibration error of the most likely label over equal-width bins (Guo et al., ICML 2017, eq. 5)."""
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    which = np.minimum((top * bins).astype(int), bins - 1)
    gap = np.bincount(which, weights=top - right, minlength=bins)
    return float(np.abs(gap).sum() / labels.size)


def bootstrap(
    measure: Callable[[NDArray[np.int64]], float], patients: NDArray[np.int64], repeats: int = BOOTSTRAP_REPEATS
) -> Interval:
    """A figure with its 95 % percentile interval, drawing whole patients with replacement (Efron 1979; clustered).

    Args:
        measure: Image indices to a figure; NaN where a draw cannot be measured (one class missing), which is left out.
        patients: A number for each image's patient, 0 or more.
        repeats: Draws, with a fixed seed: the same images give the same interval.
    """
    rng = np.random.default_rng(0)
    order = np.argsort(patients, kind="stable")
    members = [group for group in np.split(order, np.cumsum(np.bincount(patients))[:-1]) if group.size]
    drawn = []
    for _ in range(repeats):
        chosen = rng.integers(len(members), size=len(members))
        drawn.append(measure(np.concatenate([members[one] for one in chosen])))
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Interval(measure(np.arange(patients.size)), float(low), float(high))
