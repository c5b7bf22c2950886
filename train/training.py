"""From a data set to a run: read, split, decode, fit, calibrate, write."""

import datetime
import importlib.metadata
import json
import logging
import os
import shlex
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray

from train import dataset as datasets
from train.about import About
from train.dataset import Dataset, Example
from train.finish import finish
from train.fitting import TrainingImages, fit
from train.pixels import cached
from train.recipe import Recipe, Stage
from train.report.picture import history_picture
from train.run import Run
from train.split import split
from train.validation import make
from xray.card import Card, InputSpec, TrainingData
from xray.errors import SetupError
from xray.shift import shifted

log = logging.getLogger(__name__)

SAMPLE_IMAGES = 256
"""Training images kept for calibration and parity, each once as it is and once shifted."""
_NEGATIVE_WORDS = ("normal", "healthy", "negative", "none", "no")
_LIBRARIES = ("tensorflow", "tf-keras", "numpy", "pillow", "ai-edge-litert", "scikit-learn")


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


def train(recipe: Recipe, settings: Settings) -> Run:
    """Train a recipe on a data set and leave a run behind.

    Raises:
        SetupError: The data, the weights or the run directory are not as they must be.
    """
    run = Run(settings.run)
    _claim(run, resume=settings.resume)
    about = About.read(settings.about)
    data, described = split(datasets.read(settings.data), settings.seed)
    labels = data.labels
    told = _told(recipe, settings, data)
    _check_unchanged(run, told)
    run.write_recipe(told)

    keras.backend.experimental.enable_tf_random_generator()  # its state is in the checkpoint, so --resume goes on
    keras.utils.set_random_seed(settings.seed)
    model = recipe.build(recipe.input, len(labels), settings.weights)

    large = _larger(recipe)
    workers = settings.workers or os.cpu_count() or 1
    cache = settings.run.parent / ".pixels"
    learning, checking = data.of("train"), data.of("val")
    images = {
        "train": cached(learning, large, cache, workers=workers, title="decoding training images"),
        "val": cached(checking, recipe.input, cache, workers=workers, title="decoding validation images"),
        "val large": cached(checking, replace(large, channels=1), cache, workers=workers, title="… larger"),
    }
    validation = make(images["val"], images["val large"], _indices(checking, labels), _patients(checking), recipe.input)
    log.info("training %s on %d images, validating on %d", recipe.name, len(learning), len(checking))
    progress = fit(
        model,
        recipe,
        TrainingImages(images["train"], _indices(learning, labels)),
        validation,
        run.checkpoints,
        seed=settings.seed,
    )
    sample = _sample(learning, labels, recipe.input, large, cache, workers, settings.seed)
    run.write_history(progress.history)
    run.report.mkdir(exist_ok=True)
    history_picture(progress.history, progress.best_epoch, run.report / "history.png")
    finish(run, model, _card(recipe, settings, about, data, described), sample, validation)
    return run


def _claim(run: Run, *, resume: bool) -> None:
    if run.card.exists():
        raise SetupError(f"{run.folder} already holds a finished run; give another --run")
    if run.checkpoints.exists() and not resume:
        raise SetupError(f"{run.folder} holds an unfinished training; add --resume to go on, or give another --run")


def _check_unchanged(run: Run, told: dict[str, Any]) -> None:
    """Refuse to go on with a training under other settings or with other images than it was begun with."""
    if not run.recipe.exists():
        return
    begun, now = json.loads(run.recipe.read_text()), json.loads(json.dumps(told))
    other = sorted(name for name in now if name not in ("command", "versions") and begun.get(name) != now[name])
    if other:
        raise SetupError(
            f"{run.folder} was begun with another {', '.join(other)}; repeat its settings with --resume "
            f"(they stand in {run.recipe.name}), or give another --run"
        )


def _larger(recipe: Recipe) -> InputSpec:
    side = [8 * round(recipe.margin * side / 8) for side in (recipe.input.height, recipe.input.width)]
    return replace(recipe.input, height=side[0], width=side[1])


def _indices(examples: tuple[Example, ...], labels: tuple[str, ...]) -> NDArray[np.int64]:
    return np.array([labels.index(example.label) for example in examples], np.int64)


def _patients(examples: tuple[Example, ...]) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(example.patient, len(numbers)) for example in examples], np.int64)


def _sample(
    examples: tuple[Example, ...],
    labels: tuple[str, ...],
    spec: InputSpec,
    large: InputSpec,
    cache: Path,
    workers: int,
    seed: int,
) -> NDArray[np.uint8]:
    """Draw training images, as many of each label, and give each back as it is and shifted."""
    rng = np.random.default_rng(seed)
    indices = _indices(examples, labels)
    members = [rng.permutation(np.flatnonzero(indices == at)) for at in range(len(labels))]
    chosen = sorted(int(at) for own in members for at in own[: SAMPLE_IMAGES // len(labels)])
    drawn = [examples[at] for at in chosen]
    plain = cached(drawn, spec, cache, workers=workers, title="decoding the calibration sample")
    wide = cached(drawn, replace(large, channels=1), cache, workers=workers, title="… larger")
    return np.concatenate([plain, np.stack([shifted(one[:, :, 0], spec, rng) for one in wide])])


def positive_label(labels: tuple[str, ...]) -> str | None:
    """Of two labels, the one that is a finding: not called normal, healthy, negative, none or no."""
    if len(labels) != 2:
        return None
    found = [label for label in labels if label.lower() not in _NEGATIVE_WORDS]
    return found[-1] if found else labels[-1]


def _card(recipe: Recipe, settings: Settings, about: About, data: Dataset, described: str) -> Card:
    return Card(
        name=f"{about.model or data.name}-{recipe.name}",
        version=about.version,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        labels=data.labels,
        positive=positive_label(data.labels),
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
        versions={library: importlib.metadata.version(library) for library in _LIBRARIES},
    )


def _told(recipe: Recipe, settings: Settings, data: Dataset) -> dict[str, Any]:
    """All that is needed to make this run again."""
    return {
        "command": shlex.join(["lungwatch-train", *sys.argv[1:]]),
        "recipe": recipe.name,
        "input": asdict(recipe.input),
        "labels": data.labels,
        "stages": [asdict(stage) for stage in recipe.stages],
        "batch_size": recipe.batch_size,
        "balanced": recipe.balanced,
        "augmentation": asdict(recipe.augmentation),
        "weights": Path(settings.weights).name,
        "seed": settings.seed,
        "data": {"name": data.name, "digest": data.digest(), "counts": data.counts()},
        "versions": {library: importlib.metadata.version(library) for library in _LIBRARIES},
    }


def with_epochs(recipe: Recipe, epochs: int) -> Recipe:
    """Give a recipe another number of epochs: earlier stages keep theirs, the last takes what is left, one at least."""
    stages: list[Stage] = []
    for stage in recipe.stages[:-1]:
        own = max(0, min(stage.epochs, epochs - 1 - sum(one.epochs for one in stages)))
        stages.append(replace(stage, epochs=own))
    last = epochs - sum(stage.epochs for stage in stages)
    kept = [stage for stage in stages if stage.epochs]
    return replace(recipe, stages=(*kept, replace(recipe.stages[-1], epochs=last)))
