"""How a stage learns: from augmented pictures through the whole model, or from features computed once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray

from train.learning import features
from train.learning.objective import Teacher, targets
from train.learning.pipeline import LabelledImages, batches, label_weights, order
from train.recipe import Recipe, Stage
from xray.errors import SetupError


@dataclass(frozen=True)
class Learner:
    """What an epoch of a stage needs."""

    model: keras.Model
    """Compiled and fitted; shares its layers with the whole model."""
    feed: Callable[[int], tf.data.Dataset]
    """Epoch to batches."""
    score: Callable[[], NDArray[np.float32]]
    """Scores of the images measured after each epoch, shape (images, labels)."""
    steps: int
    """Batches an epoch."""


def learner(
    model: keras.Model,
    recipe: Recipe,
    stage: Stage,
    training: LabelledImages,
    measured: NDArray[np.uint8],
    folder: Path,
    *,
    teacher: Teacher | None,
    seed: int,
) -> Learner:
    """Set up a stage.

    Args:
        model: The whole one, its frozen layers set.
        recipe: Batch size, balance, augmentation.
        stage: Says whether features are cached.
        training: Images to crop from.
        measured: Images to score after each epoch, uint8, shape (M, H, W, C).
        folder: For cached features.
        teacher: Or None.
        seed: Of the order and the augmentation.

    Raises:
        SetupError: Features are to be cached of a backbone that learns, or for a teacher, who must see pictures.
    """
    weights = label_weights(training.labels, recipe.balance)
    steps = len(order(training.labels, recipe.batch_size, balance=recipe.balance, seed=seed, epoch=0))
    if not stage.cached:
        size = (recipe.input.height, recipe.input.width)
        augmented = partial(
            batches,
            training,
            size,
            recipe.augmentation,
            batch_size=recipe.batch_size,
            balance=recipe.balance,
            seed=seed,
        )

        def pictures(epoch: int) -> tf.data.Dataset:
            return targets(augmented(epoch=epoch), teacher, weights)

        return Learner(model, pictures, lambda: model.predict(measured, batch_size=64, verbose=0), steps)

    if stage.frozen < 1 or teacher is not None:
        raise SetupError(
            f"stage {stage.name}: features can be computed once only where the whole backbone is frozen "
            "(--frozen 1) and no teacher looks at the pictures"
        )
    backbone, head = features.halves(model)
    cache = features.compute(backbone, training, recipe.augmentation, folder / features.FILE, seed=seed)
    seen = backbone.predict(measured, batch_size=64, verbose=0)
    drawn = partial(features.batches, cache, batch_size=recipe.batch_size, balance=recipe.balance, seed=seed)

    def computed(epoch: int) -> tf.data.Dataset:
        return targets(drawn(epoch=epoch), None, weights)

    return Learner(head, computed, lambda: head.predict(seen, batch_size=256, verbose=0), steps)
