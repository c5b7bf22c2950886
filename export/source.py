"""A run, as export reads it: Keras model, card, and the images that stay with it."""

import json
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray

from export.imageset import ImageSet
from xray.card import Card
from xray.errors import SetupError


@dataclass(frozen=True)
class Source:
    """A finished run."""

    card: Card
    model: keras.Model
    sample: NDArray[np.uint8]
    """Training images for calibration, plain and shifted; shape (N, H, W, C)."""
    validation: ImageSet
    """The run's own validation images."""


def read(folder: Path) -> Source:
    """Read a run.

    Raises:
        SetupError: The run is unfinished, lacks its images, or its model has not the layers that a recipe must have.
    """
    if not folder.is_dir():
        raise SetupError(f"{folder} is no folder; expected the run of a training")
    if not (folder / "card.json").is_file():
        raise SetupError(
            f"{folder} is not a finished run (it has no card.json); finish it with lungwatch-train fit … --resume"
        )
    card = _card(folder / "card.json")
    model = _model(folder / "model.keras")
    missing = {"features", "embedding", "scores"} - {layer.name for layer in model.layers}
    if missing:
        raise SetupError(f"{folder}: the model lacks the layers {', '.join(sorted(missing))}")
    (sample,) = _arrays(folder / "sample.npz", "images")
    validation = _arrays(folder / "validation.npz", "images", "labels", "shifted", "patients")
    return Source(card, model, sample, ImageSet("validation", *validation))


def _card(path: Path) -> Card:
    try:
        return Card.from_json(path.read_text(encoding="utf-8"))
    except (SetupError, UnicodeDecodeError) as error:
        raise SetupError(f"{path}: {error}") from error


def _model(path: Path) -> keras.Model:
    """Load a model of stock layers. Its weights are unpacked first: `train/measuring/keras_file.py` tells why, and by how much."""
    if not path.is_file():
        raise SetupError(f"{path.name} is missing from the run; copy it from where the run was made, or train again")
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as unpacked:
        told = json.loads(archive.read("config.json"))
        told.pop("compile_config", None)
        model = keras.models.model_from_json(json.dumps(told))
        model.load_weights(archive.extract("model.weights.h5", unpacked))
    return model


def _arrays(path: Path, *names: str) -> list[NDArray[Any]]:
    if not path.is_file():
        raise SetupError(
            f"{path.name} is missing from the run; an export is calibrated and checked on it. "
            "Copy it from where the run was made, or train again"
        )
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[name] for name in names]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise SetupError(
            f"{path} is damaged, or of another version of Lungwatch: expected the arrays {', '.join(names)}. "
            "Copy it again from where the run was made, or train again"
        ) from error
