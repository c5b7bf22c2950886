"""Sweep: try values of a recipe's options in short trainings, several at a time, and go on where an earlier call was cut off."""

import fcntl
import multiprocessing
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import tensorflow as tf
import tf_keras as keras

from train.changes import Changes, changed
from train.classifier import classifier
from train.data import dataset as datasets
from train.data import duplicates
from train.data.pixels import unwritable
from train.data.split import split
from train.learning.fitting import Lesson
from train.learning.prepare import prepare
from train.log import log_to_stderr
from train.recipe import load
from train.sweep.plan import Plan
from train.sweep.space import Value, axes, start
from train.sweep.study import Study
from train.sweep.trial import Bench, work
from xray.errors import SetupError


@dataclass(frozen=True)
class Settings:
    """What the user asked for."""

    recipe: str
    data: Path
    study: Path
    trials: int = 20
    jobs: int = 1
    """Processes that try at the same time."""
    vary: dict[str, tuple[Value, ...]] | None = None
    """Options to vary, each with its values or none for the usual; None takes all that make sense."""
    fixed: Changes = Changes()
    weights: str = "none"
    seed: int = 0
    workers: int = 0
    """Processes for decoding; 0 means one per core."""
    allow_leakage: bool = False
    """Go on although one side of the given split knows images of another."""


def sweep(settings: Settings) -> Study:
    """Try until the study has as many trials as asked for, those of earlier calls and of other processes counted.

    Raises:
        SetupError: The recipe, the data, the options or the folder are not as they must be; or a process ended early.
    """
    study, bench = set_up(settings)
    recipe = changed(bench.recipe, settings.fixed)
    classifier(recipe, bench.labels, settings.weights)  # weights that are not there would fail every trial
    trials = study.begin(start(recipe, study.plan.axes), settings.trials)
    try:
        if settings.jobs == 1:
            work(study, bench, trials)
        else:
            del bench
            _share_out(settings, trials)
    finally:
        if not any(one.state == "running" for one in study.outcomes()):
            shutil.rmtree(settings.study / "features", ignore_errors=True)
    return study


def set_up(settings: Settings) -> tuple[Study, Bench]:
    """Read data and pixels (decoded once, and kept for all), and open the study."""
    own = load(settings.recipe)
    recipe = changed(own, settings.fixed)
    varied = axes(recipe, settings.weights, settings.vary or {}, settings.fixed)
    if not varied:
        raise SetupError("every option that could be varied is held still; leave some out")
    workers, cache = settings.workers, settings.study.parent / ".pixels"
    found = datasets.read(settings.data)
    with _decoding(cache):
        near = duplicates.near(found.examples, cache, workers=workers)
        data, _ = split(found, settings.seed, near=near, allow_leakage=settings.allow_leakage)
        # Without test images: nothing here may be chosen by them, not even by accident.
        chosen = replace(data, examples=tuple(one for one in data.examples if one.split != "test"))
        images = prepare(recipe, chosen, cache, workers=workers, seed=settings.seed)
    plan = Plan(
        recipe=settings.recipe,
        fixed=settings.fixed,
        weights=settings.weights,
        data=data.name,
        digest=data.digest(),
        images=(len(data.of("train")), len(data.of("val"))),
        seed=settings.seed,
        monitor=recipe.monitor,
        epochs=sum(stage.epochs for stage in recipe.stages),
        axes=varied,
        allow_leakage=settings.allow_leakage,
    )
    study = Study(settings.study, plan)
    lesson = Lesson(images.training, images.validation)
    keras.backend.experimental.enable_tf_random_generator()
    return study, Bench(own, settings.weights, len(data.labels), lesson, settings.study / "features")


@contextmanager
def _decoding(cache: Path) -> Iterator[None]:
    """Let one process decode, and the others find it done."""
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (cache / "lock").open("a")
    except OSError as error:
        raise unwritable(cache, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _share_out(settings: Settings, trials: int) -> None:
    """Let fresh processes work: a fork of one that holds TensorFlow's threads may hang."""
    fresh = multiprocessing.get_context("spawn")
    threads = max(1, (os.cpu_count() or 1) // settings.jobs)
    processes = [fresh.Process(target=_work, args=(settings, trials, threads)) for _ in range(settings.jobs)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    ended = [process.exitcode for process in processes if process.exitcode]
    if ended:
        raise SetupError(
            f"{len(ended)} of {len(processes)} processes ended early (exit codes {', '.join(map(str, ended))}; -9 is "
            "often too little memory); what is finished is kept: give the command again, perhaps with fewer --jobs"
        )


def _work(settings: Settings, trials: int, threads: int) -> None:
    log_to_stderr()
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    study, bench = set_up(settings)
    work(study, bench, trials)
