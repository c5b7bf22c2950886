"""From a data set to a run: read, split, decode, fit, calibrate, write."""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tf_keras as keras

from train import provenance
from train.about import About
from train.classifier import classifier
from train.data import dataset as datasets
from train.data import duplicates
from train.data.dataset import Dataset
from train.data.positive import positive_label
from train.data.split import split
from train.evaluate import report_run
from train.learning.finish import finish
from train.learning.fitting import Lesson, fit
from train.learning.journal import Listener, mlflow, tensorboard
from train.learning.objective import read_teacher
from train.learning.prepare import prepare
from train.recipe import Recipe
from train.report.folder import writing
from train.run import Run
from xray.card import Card, TrainingData
from xray.errors import SetupError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """What the user asked for."""

    data: Path
    run: Path
    weights: str = "none"
    seed: int = 0
    workers: int = 0
    """Processes for decoding; 0 means one per core."""
    resume: bool = False
    about: Path | None = None
    positive: str | None = None
    """Of two labels, the finding; None where their names say it."""
    teacher: Path | None = None
    """A finished run to learn from besides the labels."""
    mlflow: str | None = None
    """An MLflow experiment to log to."""
    allow_leakage: bool = False
    """Train although one side of the given split knows images of another."""


def train(recipe: Recipe, settings: Settings) -> Run:
    """Train a recipe on a data set and leave a run behind.

    Raises:
        SetupError: The data, the weights or the run's folder are not as they must be.
    """
    run = Run(settings.run)
    _claim(run, resume=settings.resume)
    about = About.read(settings.about)
    cache, workers = settings.run.parent / ".pixels", settings.workers
    found = datasets.read(settings.data)
    near = duplicates.near(found.examples, cache, workers=workers)
    data, described = split(found, settings.seed, near=near, allow_leakage=settings.allow_leakage)
    labels = data.labels
    positive = positive_label(labels, settings.positive)
    teacher = None if settings.teacher is None else read_teacher(settings.teacher, labels)
    told = _told(recipe, settings, data)
    _check_unchanged(run, told)

    images = prepare(recipe, data, cache, workers=workers, seed=settings.seed)
    keras.backend.experimental.enable_tf_random_generator()  # its state is in the checkpoint, so --resume goes on
    keras.utils.set_random_seed(settings.seed)
    model = classifier(recipe, len(labels), settings.weights)
    if settings.weights == "none" and recipe.stages[0].frozen == 1:
        log.warning("the backbone is frozen and starts from nothing (--weights none): the head sees random features")
    with writing(run.folder):
        run.write_recipe(told)
        learning, checking = (len(data.of(side)) for side in ("train", "val"))
        log.info("training %s on %d images, validating on %d", recipe.name, learning, checking)
        lesson = Lesson(images.training, images.validation, images.test, teacher)
        listeners = _listeners(run, settings, told)
        progress = fit(model, recipe, lesson, run.checkpoints, seed=settings.seed, listeners=listeners)
        run.write_history(progress.history)
        finish(run, model, _card(recipe, settings, about, data, described, positive), images.sample, images.validation)
        report_run(run, data, workers=workers)
    return run


def _listeners(run: Run, settings: Settings, told: dict[str, Any]) -> list[Listener]:
    listeners = [tensorboard(run.tensorboard)]
    if settings.mlflow is not None:
        listeners.append(mlflow(settings.mlflow, run.folder.name, told))
    return listeners


def _claim(run: Run, *, resume: bool) -> None:
    try:
        run.folder.mkdir(parents=True, exist_ok=True)
        others = any(run.folder.iterdir()) and not (
            run.recipe.exists() or run.checkpoints.exists() or run.card.exists()
        )
    except OSError as error:
        raise SetupError(f"the folder {run.folder} cannot be made ({error.strerror}); choose another --run") from error
    if others:
        raise SetupError(f"{run.folder} holds other files and no run; give an empty or a new folder as --run")
    if run.card.exists():
        raise SetupError(f"{run.folder} already holds a finished run; give another --run")
    if run.checkpoints.exists() and not resume:
        raise SetupError(f"{run.folder} holds an unfinished training; add --resume to go on, or give another --run")
    if resume and not run.checkpoints.exists():
        log.info("there is no training in %s to go on with: beginning one", run.folder)


def _check_unchanged(run: Run, told: dict[str, Any]) -> None:
    """Refuse to go on with a training under other settings or with other images than it was begun with."""
    if not run.recipe.exists():
        return
    begun, now = run.read_recipe(), json.loads(json.dumps(told))
    begun["data"]["name"] = now["data"]["name"]  # a folder may be moved; its digest tells whether it is the same data
    other = sorted(name for name in now if name not in ("command", "versions") and begun.get(name) != now[name])
    if other:
        raise SetupError(
            f"{run.folder} was begun with other settings ({', '.join(other)}); repeat them with --resume "
            f"(they stand in {run.recipe.name}), or give another --run"
        )


def _card(
    recipe: Recipe, settings: Settings, about: About, data: Dataset, described: str, positive: str | None
) -> Card:
    return Card(
        name=f"{about.model or data.name}-{recipe.name}",
        version=about.version,
        created=provenance.now(),
        labels=data.labels,
        positive=positive,
        input=recipe.input,
        recipe=recipe.name,
        seed=settings.seed,
        data=TrainingData(
            name=about.data or data.name,
            licence=about.licence,
            source=about.source,
            counts=data.counts(),
            digest=data.digest(),
            split=described,
        ),
        intended_use=about.intended_use,
        population=about.population,
        limits=about.limits,
        versions=provenance.versions(),
    )


def _weights(named: str) -> str:
    return provenance.digest(Path(named)) if Path(named).is_file() else named


def _told(recipe: Recipe, settings: Settings, data: Dataset) -> dict[str, Any]:
    """All that is needed to make this run again."""
    return {
        "command": provenance.command(),
        "recipe": recipe.name,
        "input": asdict(recipe.input),
        "labels": data.labels,
        "stages": [asdict(stage) for stage in recipe.stages],
        "batch_size": recipe.batch_size,
        "head": asdict(recipe.head),
        "balance": recipe.balance,
        "augmentation": asdict(recipe.augmentation),
        "l1": recipe.l1,
        "l2": recipe.l2,
        "average": recipe.average,
        "monitor": recipe.monitor,
        "patience": recipe.patience,
        "weights": _weights(settings.weights),
        "teacher": None if settings.teacher is None else provenance.digest(Run(settings.teacher).model),
        "margin": recipe.margin,
        "seed": settings.seed,
        "data": {"name": data.name, "digest": data.digest(), "counts": data.counts()},
        "versions": provenance.versions(),
    }
