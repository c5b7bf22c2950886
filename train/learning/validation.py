"""The validation images of a run, plain and shifted, and what a model scores on them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray.calibration import Outputs
from xray.card import InputSpec
from xray.decide import probabilities
from xray.shift import shifted
from xray.statistics import log_loss, mean_auroc

SHIFTS = 2
"""How often each validation image is shifted."""
_SHIFT_SEED = 20_001


@dataclass(frozen=True)
class ValidationSet:
    """Preprocessed images with what is known of them; kept in the run as `validation.npz`."""

    images: NDArray[np.uint8]
    """Shape (N, H, W, C)."""
    labels: NDArray[np.int64]
    shifted: NDArray[np.bool_]
    patients: NDArray[np.int64]
    """A number per patient: images of one patient are not independent."""

    def part(self, *, shifted: bool) -> "ValidationSet":
        chosen = self.shifted == shifted
        return ValidationSet(self.images[chosen], self.labels[chosen], self.shifted[chosen], self.patients[chosen])


def make(
    plain: NDArray[np.uint8],
    large: NDArray[np.uint8],
    labels: NDArray[np.int64],
    patients: NDArray[np.int64],
    spec: InputSpec,
) -> ValidationSet:
    """Put every image in once as it is and `SHIFTS` times shifted, always the same way.

    Args:
        plain: uint8, shape (images, H, W, C), preprocessed for the model.
        large: uint8, shape (images, rows, columns, 1), the same images larger, to crop from.
        labels: Shape (images,).
        patients: Shape (images,).
        spec: The model's input.
    """
    rng = np.random.default_rng(_SHIFT_SEED)
    moved = [shifted(large[at, :, :, 0], spec, rng) for _ in range(SHIFTS) for at in range(len(large))]
    return ValidationSet(
        images=np.concatenate([plain, np.stack(moved)]),
        labels=np.tile(labels, 1 + SHIFTS),
        shifted=np.repeat([False] + [True] * SHIFTS, len(labels)),
        patients=np.tile(patients, 1 + SHIFTS),
    )


def figures(scores: NDArray[np.float32], labels: NDArray[np.int64]) -> dict[str, float]:
    """Loss, accuracy and AUROC of logits of shape (images, labels)."""
    shares = probabilities(scores, 1.0)
    return {
        "loss": log_loss(shares, labels),
        "accuracy": float((shares.argmax(axis=1) == labels).mean()),
        "auroc": mean_auroc(shares, labels),
    }


Score = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Images (N, H, W, C) to scores (N, labels) and embeddings (N, d)."""


def outputs(score: Score, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> Outputs:
    """Run a model over labelled images."""
    scores, embeddings = score(images)
    return Outputs(scores, embeddings, labels)
