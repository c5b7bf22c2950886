"""Labelled images to compare two models on, plain and shifted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ImageSet:
    """Preprocessed images and what is known of them."""

    name: str
    images: NDArray[np.uint8]
    """Plain and shifted; shape (N, H, W, C)."""
    labels: NDArray[np.int64]
    """Index of the true label of each image."""
    shifted: NDArray[np.bool_]
    """Which images are shifted (`xray.shift`)."""
    patients: NDArray[np.int64]
    """A number for each image's patient, 0 or more: images of one patient are not independent."""

    def parts(self) -> tuple[tuple[str, NDArray[np.bool_]], ...]:
        """The plain and the shifted images apart: plain ones alone hide what quantization does."""
        return ((self.name, ~self.shifted), (f"{self.name}, shifted", self.shifted))
