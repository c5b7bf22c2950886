"""Fitting: stages of epochs, averaged weights, a checkpoint after each epoch, the best epoch kept."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras
from tqdm import tqdm

from train.classifier import HEAD_LAYERS
from train.learning import features
from train.learning.average import WeightAverage
from train.learning.journal import Listener, tell
from train.learning.learner import learner
from train.learning.objective import Teacher, compile_with
from train.learning.optimizing import learning_rate, optimizer
from train.learning.pipeline import LabelledImages
from train.learning.progress import Progress, Row, ahead, overfitting_since
from train.learning.validation import ValidationSet, figures
from train.recipe import Recipe, Stage
from xray.errors import SetupError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lesson:
    """What a model is trained on and held against."""

    training: LabelledImages
    """Images to crop from."""
    validation: ValidationSet
    """Plain and shifted; choose the epoch."""
    test: LabelledImages | None = None
    """Images of the model's size, looked at after each epoch; they choose nothing."""
    teacher: Teacher | None = None
    """Whom to learn from besides the labels."""


def fit(
    model: keras.Model, recipe: Recipe, lesson: Lesson, folder: Path, *, seed: int, listeners: Sequence[Listener] = ()
) -> Progress:
    """Train a model through the recipe's stages, going on where `folder` says an earlier call was cut off.

    After each epoch the averaged weights are scored on the plain and the shifted validation images. The epoch with
    the best figure of the recipe's monitor is kept; that is the AUROC on the *shifted* ones unless the recipe says
    otherwise: the plain ones are near-perfect from the first epoch on.

    Args:
        model: Changed in place; holds the best epoch's averaged weights afterwards.
        recipe: Stages, batch size, augmentation.
        lesson: The images.
        folder: For checkpoints.
        seed: Of the order, the augmentation and the dropout.
        listeners: Told of each epoch.

    Raises:
        SetupError: The loss became NaN or infinite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress.read(folder)
    average = WeightAverage(model, recipe.average)
    bare = keras.Model(model.inputs, model.outputs)  # never compiled: its file holds weights and nothing else
    begun = len(progress.history)
    while (step := ahead(recipe, progress.history)) is not None:
        stage = step[0]
        set_up = _Stage(model, recipe, stage, lesson, folder, average, seed)
        if 0 < len(progress.history) == begun:
            set_up.resume(begun, within=step[1] > 0)
        while (step := ahead(recipe, progress.history)) is not None and step[0] == stage:
            row = set_up.epoch(progress.history)
            if progress.add(row, recipe.monitor):
                with average.swapped():
                    bare.save_weights(_best(folder, progress))
            set_up.save(row["epoch"])
            progress.write(folder)
            _forget(folder, row["epoch"] - 1, progress)
            tell(row, progress)
            _warn(progress)
            for listen in listeners:
                listen(row)
    bare.load_weights(_best(folder, progress))
    (folder / features.FILE).unlink(missing_ok=True)  # made of patients' images, and large
    return progress


class _Stage:
    """A stage under way: its optimizer, its feed, its checkpoint."""

    def __init__(
        self,
        model: keras.Model,
        recipe: Recipe,
        stage: Stage,
        lesson: Lesson,
        folder: Path,
        average: WeightAverage,
        seed: int,
    ) -> None:
        _freeze(model, stage.frozen)
        test = lesson.test
        measured = lesson.validation.images
        measured = measured if test is None else np.concatenate([measured, test.images])
        self._stage, self._lesson, self._average, self._folder = stage, lesson, average, folder
        self._learner = learner(
            model, recipe, stage, lesson.training, measured, folder, teacher=lesson.teacher, seed=seed
        )
        self._follow = average.follower(self._learner.model.weights)
        self._optimizer = optimizer(stage, learning_rate(stage, self._learner.steps, ()))
        compile_with(self._learner.model, self._optimizer, lesson.teacher)
        self._optimizer.build(self._learner.model.trainable_variables)
        self._states = {"weights": model.weights, "average": average, "dropout": _dropout_states(model)}
        self._checkpoint = tf.train.Checkpoint(optimizer=self._optimizer, **self._states)

    def resume(self, epoch: int, *, within: bool) -> None:
        """Take up the state after an epoch. Of the stage before, all but its optimizer."""
        log.info("going on after epoch %d", epoch)
        part = self._checkpoint if within else tf.train.Checkpoint(**self._states)
        part.read(str(self._folder / f"epoch-{epoch}")).expect_partial()

    def save(self, epoch: int) -> None:
        """Write the state after an epoch."""
        self._checkpoint.write(str(self._folder / f"epoch-{epoch}"))

    def epoch(self, history: Sequence[Row]) -> Row:
        """Train one epoch, and measure."""
        started, epoch = time.monotonic(), len(history)
        if self._stage.schedule == "plateau":
            done = [row for row in history if row["stage"] == self._stage.name]
            self._optimizer.learning_rate = learning_rate(self._stage, self._learner.steps, done)
        title = f"epoch {epoch + 1} · {self._stage.name}"
        with tqdm(total=self._learner.steps, desc=title, unit="batch", leave=False, disable=None) as bar:
            feed = self._learner.feed(epoch)
            told = self._learner.model.fit(feed, verbose=0, callbacks=[_Step(self._follow, bar)]).history
        if not np.isfinite(told["loss"][0]):
            raise SetupError(
                f"the loss became {told['loss'][0]} in epoch {epoch + 1}; lower the learning rate, and give a new --run"
            )
        row: Row = {
            "epoch": epoch + 1,
            "stage": self._stage.name,
            "loss": told["loss"][0],
            "accuracy": told["accuracy"][0],
            "learning_rate": float(keras.backend.get_value(self._optimizer.learning_rate)),
            "training_seconds": round(time.monotonic() - started, 1),
        }
        with self._average.swapped():
            scores = self._learner.score()
        if not np.isfinite(scores).all():  # the loss is a mean over the epoch, from before its last step
            raise SetupError(
                f"the scores are no numbers any more after epoch {epoch + 1}; lower the learning rate, and give a new --run"
            )
        return row | _measured(scores, self._lesson) | {"seconds": round(time.monotonic() - started, 1)}


class _Step(keras.callbacks.Callback):
    """After each batch: move the average and the bar."""

    def __init__(self, follow: Callable[[], None], bar: Any) -> None:
        super().__init__()
        self._follow, self._bar = follow, bar

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._follow()
        self._bar.set_postfix(loss=f"{(logs or {}).get('loss', float('nan')):.3f}", refresh=False)
        self._bar.update()


def _measured(scores: np.ndarray[Any, Any], lesson: Lesson) -> Row:
    validation, count = lesson.validation, len(lesson.validation.labels)
    row: Row = {}
    for name, chosen in (("val", ~validation.shifted), ("shifted", validation.shifted)):
        for metric, value in figures(scores[:count][chosen], validation.labels[chosen]).items():
            row[f"{name}_{metric}"] = value
    if lesson.test is not None:
        row["test_accuracy"] = figures(scores[count:], lesson.test.labels)["accuracy"]
    return row


def _freeze(model: keras.Model, share: float) -> None:
    """Let the first layers of the backbone rest; those that rest keep their batch statistics too."""
    backbone = [layer for layer in model.layers if layer.name not in HEAD_LAYERS]
    resting = round(share * len(backbone))
    for at, layer in enumerate(backbone):
        layer.trainable = at >= resting


def _dropout_states(model: keras.Model) -> list[tf.random.Generator]:
    """Collect the dropout layers' random states, which Keras itself leaves out of checkpoints."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    return [layer._random_generator._generator for layer in layers]


def _best(folder: Path, progress: Progress) -> Path:
    return folder / f"best-{progress.best_epoch}.weights.h5"


def _forget(folder: Path, epoch: int, progress: Progress) -> None:
    """Remove what the newest checkpoint and the best weights have replaced: nothing older is ever read."""
    kept = _best(folder, progress)
    for old in [*folder.glob(f"epoch-{epoch}.*"), *folder.glob("best-*.weights.h5")]:
        if old != kept:
            old.unlink()


def _warn(progress: Progress) -> None:
    """Say it once when over-fitting begins."""
    since = overfitting_since(progress.history)
    if since is not None and overfitting_since(progress.history[:-1]) is None:
        log.warning(
            "over-fitting: since epoch %d the validation loss rises while the training loss falls; epoch %d is kept",
            since,
            progress.best_epoch,
        )
