"""Fitting: stages of epochs, averaged weights, a checkpoint after each epoch, the best epoch kept."""

import json
import logging
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray
from tqdm import tqdm

from train.average import WeightAverage
from train.pipeline import batches
from train.recipe import Recipe, Stage
from train.validation import ValidationSet, figures
from xray.errors import SetupError

log = logging.getLogger(__name__)

Row = dict[str, Any]
"""One epoch's line in history.csv."""


@dataclass(frozen=True)
class TrainingImages:
    """What an epoch is fed from."""

    images: NDArray[np.uint8]
    """Shape (N, rows, columns, C), larger than the model's input."""
    labels: NDArray[np.int64]


@dataclass
class Progress:
    """Where a training stands; written after each epoch, read by --resume."""

    history: list[Row]
    best_epoch: int = -1
    best_auroc: float = -1.0

    @classmethod
    def read(cls, folder: Path) -> "Progress":
        path = folder / "progress.json"
        return cls(**json.loads(path.read_text())) if path.exists() else cls([])

    def write(self, folder: Path) -> None:
        """Replace the file in one step: a kill leaves the old state or the new one."""
        temporary = folder / "progress.json.tmp"
        temporary.write_text(json.dumps(vars(self)))
        os.replace(temporary, folder / "progress.json")


def fit(
    model: keras.Model,
    recipe: Recipe,
    training: TrainingImages,
    validation: ValidationSet,
    folder: Path,
    *,
    seed: int,
) -> Progress:
    """Train a model through the recipe's stages, going on where `folder` says an earlier call was cut off.

    After each epoch the averaged weights are scored on the plain and the shifted validation images. The epoch with
    the highest AUROC on the *shifted* ones is kept: the plain ones are near-perfect from the first epoch on.

    Args:
        model: Changed in place; holds the best epoch's averaged weights afterwards.
        recipe: Stages, batch size, augmentation.
        training: Images to crop from.
        validation: Plain and shifted.
        folder: For checkpoints.
        seed: Of the order, the augmentation and the dropout.

    Raises:
        SetupError: The loss became NaN or infinite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress.read(folder)
    average = WeightAverage(model)
    done = len(progress.history)
    epochs = [(stage, number) for stage in recipe.stages for number in range(stage.epochs)]
    for epoch, (stage, number) in enumerate(epochs):
        if epoch < done:
            continue
        if number == 0 or epoch == done:
            optimizer = _prepare(model, stage, len(training.labels) // recipe.batch_size)
            states = {"weights": model.weights, "average": average, "dropout": _dropout_states(model)}
            checkpoint = tf.train.Checkpoint(optimizer=optimizer, **states)
            if 0 < epoch == done:
                log.info("going on after epoch %d", epoch)
                # At a stage's first epoch the checkpoint holds the optimizer of the stage before: take all but that.
                part = checkpoint if number else tf.train.Checkpoint(**states)
                part.read(str(folder / f"epoch-{epoch}")).expect_partial()
        row = _epoch(model, average, recipe, stage, training, validation, seed=seed, epoch=epoch)
        progress.history.append(row)
        if row["shifted_auroc"] > progress.best_auroc:
            progress.best_epoch, progress.best_auroc = row["epoch"], row["shifted_auroc"]
            _save_averaged(model, average, _best(folder, progress))
        checkpoint.write(str(folder / f"epoch-{epoch + 1}"))
        progress.write(folder)
        _forget(folder, epoch, progress)
        _tell(row, progress)
    model.load_weights(_best(folder, progress))
    return progress


def _best(folder: Path, progress: Progress) -> Path:
    return folder / f"best-{progress.best_epoch}.weights.h5"


def _prepare(model: keras.Model, stage: Stage, steps: int) -> keras.optimizers.Optimizer:
    for layer in model.layers:
        layer.trainable = stage.whole_model or layer.name == "scores"
    steps = max(1, steps)
    warm_up = max(1, steps // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, stage.epochs * steps - warm_up), warmup_target=stage.learning_rate, warmup_steps=warm_up
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=stage.weight_decay, global_clipnorm=5.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    optimizer.build(model.trainable_variables)
    return optimizer


def _epoch(
    model: keras.Model,
    average: WeightAverage,
    recipe: Recipe,
    stage: Stage,
    training: TrainingImages,
    validation: ValidationSet,
    *,
    seed: int,
    epoch: int,
) -> Row:
    started = time.monotonic()
    feed = batches(
        training.images,
        training.labels,
        (recipe.input.height, recipe.input.width),
        recipe.augmentation,
        batch_size=recipe.batch_size,
        balanced=recipe.balanced,
        seed=seed,
        epoch=epoch,
    )
    title = f"epoch {epoch + 1} · {stage.name}"
    with tqdm(total=int(feed.cardinality()), desc=title, unit="batch", leave=False, disable=None) as bar:
        told = model.fit(feed, verbose=0, callbacks=[_Step(average, bar)]).history
    if not np.isfinite(told["loss"][0]):
        raise SetupError(f"the loss became {told['loss'][0]} in epoch {epoch + 1}; lower the learning rate")
    row: Row = {
        "epoch": epoch + 1,
        "stage": stage.name,
        "loss": told["loss"][0],
        "accuracy": told["accuracy"][0],
        "training_seconds": round(time.monotonic() - started, 1),
    }
    average.swap()
    scores = model.predict(validation.images, batch_size=64, verbose=0)
    average.swap()
    for name, chosen in (("val", ~validation.shifted), ("shifted", validation.shifted)):
        for metric, value in figures(scores[chosen], validation.labels[chosen]).items():
            row[f"{name}_{metric}"] = value
    row["seconds"] = round(time.monotonic() - started, 1)
    return row


def _dropout_states(model: keras.Model) -> list[tf.random.Generator]:
    """Collect the dropout layers' random states, which Keras itself leaves out of checkpoints."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    return [layer._random_generator._generator for layer in layers]


class _Step(keras.callbacks.Callback):
    """After each batch: move the average and the bar."""

    def __init__(self, average: WeightAverage, bar: Any) -> None:
        super().__init__()
        self._average, self._bar = average, bar

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._average.update()
        self._bar.set_postfix(loss=f"{(logs or {}).get('loss', float('nan')):.3f}", refresh=False)
        self._bar.update()


def _save_averaged(model: keras.Model, average: WeightAverage, path: Path) -> None:
    average.swap()
    model.save_weights(path)
    average.swap()


def _forget(folder: Path, epoch: int, progress: Progress) -> None:
    """Remove what the newest checkpoint and the best weights have replaced: nothing older is ever read."""
    kept = _best(folder, progress)
    for old in [*folder.glob(f"epoch-{epoch}.*"), *folder.glob("best-*.weights.h5")]:
        if old != kept:
            old.unlink()


def _tell(row: Row, progress: Progress) -> None:
    kept = "  kept" if progress.best_epoch == row["epoch"] else ""
    tqdm.write(
        f"epoch {row['epoch']:3d}  loss {row['loss']:.3f}  accuracy {row['accuracy']:.3f}  |  "
        f"validation: loss {row['val_loss']:.3f}  AUROC {row['val_auroc']:.4f}  |  "
        f"shifted: loss {row['shifted_loss']:.3f}  AUROC {row['shifted_auroc']:.4f}  |  {row['seconds']:.0f} s{kept}",
        file=sys.stderr,
    )
