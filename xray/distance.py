"""How unlike the training images a radiograph is, from its embedding.

A Mahalanobis distance (Lee et al., NeurIPS 2018, section 2.1, with one class and a shared covariance) in the leading
principal components, plus what those leave over as one more component. The full covariance of an embedding of 512
would weigh as much as the model; 32 components weigh 64 kB.
"""

import numpy as np
from numpy.typing import NDArray

COMPONENTS = 32
LEAST_SPREAD = 0.01
"""Of the largest. An embedding of 32 values or fewer leaves nothing over, and a direction in which the training images
do not vary has no spread: divided by next to nothing, rounding errors would make every image look strange."""


def fit(embeddings: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Learn what is usual from embeddings of shape (images, d); returns arrays for the card."""
    mean = embeddings.mean(axis=0)
    centred = (embeddings - mean).astype(np.float64)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    kept = min(COMPONENTS, len(singular))
    spread = singular[:kept] / np.sqrt(len(embeddings))
    rest = np.sqrt((singular[kept:] ** 2).sum() / len(embeddings))
    return {
        "embedding_mean": mean.astype(np.float32),
        "embedding_axes": axes[:kept].astype(np.float32),
        "embedding_spread": np.append(spread, rest).clip(max(LEAST_SPREAD * spread.max(), 1e-6)).astype(np.float32),
    }


def distance(embedding: NDArray[np.float32], arrays: dict[str, NDArray[np.float32]]) -> float | None:
    """Return the distance of one embedding of shape (d,): root mean square over the components, 1 being typical."""
    if "embedding_mean" not in arrays:
        return None
    centred = embedding - arrays["embedding_mean"]
    along = arrays["embedding_axes"] @ centred
    left_over = np.sqrt(max(float(centred @ centred - along @ along), 0.0))
    return float(np.sqrt(np.mean((np.append(along, left_over) / arrays["embedding_spread"]) ** 2)))
