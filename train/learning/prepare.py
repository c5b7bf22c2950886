"""From examples on disk to the arrays that a training needs: all decoding is done before anything is trained."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.data.dataset import Dataset, Example
from train.data.numbering import label_numbers, patient_numbers
from train.data.pixels import cached
from train.learning.pipeline import LabelledImages
from train.learning.validation import ValidationSet, make
from train.recipe import Recipe
from xray.card import InputSpec
from xray.shift import shifted

SAMPLE_IMAGES = 256
"""Training images kept for calibration and parity, each once as it is and once shifted."""


@dataclass(frozen=True)
class Prepared:
    """The images of a training."""

    training: LabelledImages
    validation: ValidationSet
    test: LabelledImages | None
    """None where the data set has no test images."""
    sample: NDArray[np.uint8]
    """Training images as the model sees them, then the same ones shifted; shape (N, H, W, C)."""


def prepare(recipe: Recipe, data: Dataset, cache: Path, *, workers: int, seed: int) -> Prepared:
    """Decode what a training needs.

    Args:
        recipe: Its input, and how much larger the training images are kept.
        data: Split already.
        cache: Folder for the decoded pixels: patients' images, kept for the next run.
        workers: Processes that decode; 0 means one per core.
        seed: Of the sample.
    """

    def pixels(examples: Sequence[Example], spec: InputSpec, title: str) -> NDArray[np.uint8]:
        return cached(examples, spec, cache, workers=workers, title=f"decoding {title}")

    large = larger(recipe)
    wide = replace(large, channels=1)
    learning, checking = data.of("train"), data.of("val")
    learning_labels, checking_labels = (label_numbers(examples, data.labels) for examples in (learning, checking))
    training = LabelledImages(pixels(learning, large, "training images"), learning_labels)
    validation = make(
        pixels(checking, recipe.input, "validation images"),
        pixels(checking, wide, "validation images, larger"),
        checking_labels,
        patient_numbers(checking),
        recipe.input,
    )
    testing, test = data.of("test"), None
    if testing:
        test = LabelledImages(pixels(testing, recipe.input, "test images"), label_numbers(testing, data.labels))
    rng = np.random.default_rng(seed)
    drawn = [learning[at] for at in _draw(learning_labels, SAMPLE_IMAGES, rng)]
    plain = pixels(drawn, recipe.input, "the calibration sample")
    moved = [shifted(one[:, :, 0], recipe.input, rng) for one in pixels(drawn, wide, "the calibration sample, larger")]
    sample = np.concatenate([plain, np.stack(moved)])
    return Prepared(training, validation, test, sample)


def larger(recipe: Recipe) -> InputSpec:
    """Tell at which size training images are kept, to crop from."""
    side = [8 * round(recipe.margin * side / 8) for side in (recipe.input.height, recipe.input.width)]
    return replace(recipe.input, height=side[0], width=side[1])


def _draw(labels: NDArray[np.int64], count: int, rng: np.random.Generator) -> list[int]:
    """Draw as many images of each label."""
    kinds = np.unique(labels)
    members = [rng.permutation(np.flatnonzero(labels == kind)) for kind in kinds]
    return sorted(int(at) for own in members for at in own[: count // kinds.size])
