"""A run, as export reads it: Keras model, card, and the images that stay with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray

from xray.card import Card
from xray.errors import SetupError


@dataclass(frozen=True)
class Source:
    """A finished run."""

    card: Card
    model: keras.Model
    sample: NDArray[np.uint8]
    """Training images for calibration, plain and shifted; shape (N, H, W, C)."""
    images: NDArray[np.uint8]
    """Validation images, plain and shifted; shape (M, H, W, C)."""
    labels: NDArray[np.int64]
    """Index of the true label of each validation image."""
    shifted: NDArray[np.bool_]
    """Which validation images are shifted."""
    patients: NDArray[np.int64]
    """A number for each validation image's patient."""


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
    card = Card.from_json((folder / "card.json").read_text())
    model = keras.models.load_model(folder / "model.keras", compile=False)
    missing = {"features", "embedding", "scores"} - {layer.name for layer in model.layers}
    if missing:
        raise SetupError(f"{folder}: the model lacks the layers {', '.join(sorted(missing))}")
    sample = _arrays(folder / "sample.npz")
    validation = _arrays(folder / "validation.npz")
    kept = (validation[name] for name in ("images", "labels", "shifted", "patients"))
    return Source(card, model, sample["images"], *kept)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    if not path.is_file():
        raise SetupError(
            f"{path.name} is missing from the run; an export is calibrated and checked on it. "
            "Copy it from where the run was made, or train again"
        )
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
