"""One trial: a real, short training, of which nothing stays but its figures."""

import hashlib
import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf
import tf_keras as keras

from train.changes import changed
from train.classifier import classifier
from train.learning.features import FILE
from train.learning.fitting import Lesson, fit
from train.learning.progress import Row
from train.recipe import Recipe
from train.sweep.plan import words
from train.sweep.space import changes
from train.sweep.study import Hopeless, Study, Trial
from xray.errors import SetupError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bench:
    """What all trials of a study share."""

    recipe: Recipe
    """As its file has it."""
    weights: str
    labels: int
    lesson: Lesson
    """Without test images: they choose nothing."""
    features: Path
    """Folder for the features of a frozen backbone, computed once for all trials that see the same."""


def work(study: Study, bench: Bench, trials: int) -> None:
    """Try one point after the other, until as many as `trials` were begun, here and elsewhere."""
    while (trial := study.claim(trials)) is not None:
        log.info("trial %d of %d: %s", trial.number + 1, trials, words(trial.point))
        _try(trial, study, bench)


def _try(trial: Trial, study: Study, bench: Bench) -> None:
    """Train once; a loss that is no number, or a point that does not fit, ends this trial and not the sweep."""
    seen: list[Row] = []

    def listen(row: Row) -> None:
        seen.append(row)
        features.keep()
        trial.listen(row)

    started = time.monotonic()
    recipe = changed(bench.recipe, changes(study.plan.fixed, trial.point))
    features = _Features(bench.features, recipe, trial)
    try:
        keras.backend.clear_session()
        keras.utils.set_random_seed(trial.seed)
        model = classifier(recipe, bench.labels, bench.weights)
        features.lend()
        progress = fit(model, recipe, bench.lesson, trial.folder, seed=trial.seed, listeners=[listen])
    except Hopeless:
        log.info("trial %d: stopped after %d epochs, worse than half of the others", trial.number + 1, len(seen))
        trial.stop(epochs=len(seen), seconds=time.monotonic() - started)
    except (SetupError, tf.errors.ResourceExhaustedError) as error:
        reason = str(error).partition("\n")[0]
        log.warning("trial %d: failed: %s", trial.number + 1, reason)
        trial.fail(reason, seconds=time.monotonic() - started)
    else:
        kept = progress.history[progress.best_epoch - 1]
        log.info("trial %d: %s %.4f", trial.number + 1, study.plan.figure, kept[study.plan.figure])
        trial.finish(kept, epochs=len(seen), seconds=time.monotonic() - started)


class _Features:
    """Lends a trial the features that another one computed, and keeps those that it computes itself.

    Only where the first stage caches them: no trial has changed the backbone by then. They are the same for the same
    seed, augmentation and cut (with a hidden layer the map is kept, without the pooled embedding).
    """

    def __init__(self, folder: Path, recipe: Recipe, trial: Trial) -> None:
        key = hashlib.sha256(f"{trial.seed} {bool(recipe.head.width)} {recipe.augmentation}".encode()).hexdigest()[:16]
        self._shared = recipe.stages[0].cached
        self._own, self._kept = trial.folder / FILE, folder / f"{key}.npy"

    def lend(self) -> None:
        """Before the training."""
        if self._shared and self._kept.exists():
            os.link(self._kept, self._own)

    def keep(self) -> None:
        """After an epoch: at its end `fit` removes them."""
        if self._shared and self._own.exists() and not self._kept.exists():
            self._kept.parent.mkdir(mode=0o700, exist_ok=True)
            with suppress(FileExistsError):  # another process was quicker
                os.link(self._own, self._kept)
