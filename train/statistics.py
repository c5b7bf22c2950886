"""Statistics of an evaluation that only training needs: the bootstrap over patients."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xray.card import Interval

REPEATS = 1000


def bootstrap(
    measure: Callable[[NDArray[np.int64]], float], patients: NDArray[np.int64], repeats: int = REPEATS
) -> Interval:
    """A figure with its 95 % percentile interval, drawing whole patients with replacement (Efron 1979; clustered).

    Args:
        measure: Image indices to a figure; NaN where a draw cannot be measured (one class missing), which is left out.
        patients: A number 0 .. P-1 for each image.
        repeats: Draws, with a fixed seed: the same images give the same interval.
    """
    rng = np.random.default_rng(0)
    order = np.argsort(patients, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(patients))[:-1])
    drawn = []
    for _ in range(repeats):
        chosen = rng.integers(len(members), size=len(members))
        drawn.append(measure(np.concatenate([members[one] for one in chosen])))
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Interval(measure(np.arange(patients.size)), float(low), float(high))
