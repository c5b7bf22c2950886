"""A run: the folder that a training leaves behind, whole or not at all.

`card.json` is written last: a folder without it is an unfinished training, and nothing exports it.
"""

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.learning.validation import ValidationSet
from xray.card import Card
from xray.errors import SetupError


@dataclass(frozen=True)
class Run:
    """Names the files of a run."""

    folder: Path

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoint"

    @property
    def card(self) -> Path:
        return self.folder / "card.json"

    @property
    def arrays(self) -> Path:
        return self.folder / "card.npz"

    @property
    def recipe(self) -> Path:
        return self.folder / "recipe.json"

    @property
    def model(self) -> Path:
        return self.folder / "model.keras"

    @property
    def sample(self) -> Path:
        return self.folder / "sample.npz"

    @property
    def validation(self) -> Path:
        return self.folder / "validation.npz"

    @property
    def history(self) -> Path:
        return self.folder / "history.csv"

    @property
    def tensorboard(self) -> Path:
        return self.folder / "tensorboard"

    @property
    def report(self) -> Path:
        return self.folder / "report"

    def write_recipe(self, told: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        replace_file(self.recipe, json.dumps(told, indent=1) + "\n")

    def read_recipe(self) -> dict[str, Any]:
        """Read what `write_recipe` kept."""
        told: dict[str, Any] = json.loads(self.recipe.read_text(encoding="utf-8"))
        return told

    def write_history(self, rows: list[dict[str, Any]]) -> None:
        with self.history.open("w", newline="") as lines:
            writer = csv.DictWriter(lines, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)

    def write_images(self, sample: NDArray[np.uint8], validation: ValidationSet) -> None:
        """Keep training images for calibration and parity, and the validation images: patient data, never exported."""
        np.savez_compressed(self.sample, images=sample)
        np.savez_compressed(self.validation, **vars(validation))

    def read_images(self) -> tuple[NDArray[np.uint8], ValidationSet]:
        """Read what `write_images` kept."""
        with np.load(self.sample, allow_pickle=False) as kept:
            return kept["images"], self.read_validation()

    def read_validation(self) -> ValidationSet:
        """Read the validation images alone."""
        with np.load(self.validation, allow_pickle=False) as kept:
            return ValidationSet(**kept)

    def write_card(self, card: Card, arrays: dict[str, NDArray[np.float32]]) -> None:
        np.savez_compressed(self.arrays, allow_pickle=False, **arrays)
        replace_file(self.card, card.to_json() + "\n")

    def read_card(self) -> Card:
        """Read the card.

        Raises:
            SetupError: There is none: the training was never finished.
        """
        if not self.card.is_file():
            raise SetupError(
                f"{self.folder} is not a finished run (it has no card.json); finish it with lungwatch-train fit … "
                "--resume, or name another folder"
            )
        return Card.from_json(self.card.read_text(encoding="utf-8"))


def replace_file(path: Path, text: str) -> None:
    """Write a file in one step: a kill leaves the old one or the new one, whole."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
