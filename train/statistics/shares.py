"""Shares of images that come several to a patient."""

import numpy as np
from numpy.typing import NDArray

from xray.card import Interval
from xray.statistics import wilson


def clustered_share(hits: NDArray[np.bool_], patients: NDArray[np.int64]) -> Interval:
    """A share with its 95 % interval: Wilson's, as for the fewer independent images that these are worth.

    They are worth their number over the design effect, which is the variance between patients over that of independent
    images (Rao & Scott, Biometrics 1992, 48:577). Never more than there are images; and as many as there are
    patients where the share is 0 or 1, which shows no variance.

    Args:
        hits: Which images count, shape (images,).
        patients: A number for each image's patient, shape (images,).
    """
    if not hits.size:
        return wilson(0, 0)
    share = float(hits.mean())
    _, whose = np.unique(patients, return_inverse=True)
    images = np.bincount(whose)
    if share in (0.0, 1.0) or images.size == 1:
        worth = float(images.size)
    else:
        residuals = np.bincount(whose, weights=hits) - images * share
        clustered = images.size / (images.size - 1) * float((residuals**2).sum()) / hits.size**2
        worth = hits.size / max(1.0, clustered / (share * (1 - share) / hits.size))
    return wilson(share * worth, worth)
