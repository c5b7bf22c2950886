"""Where a training stands: its epochs so far, the best of them, and what comes next. Pure but for one small file."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.recipe import Recipe, Stage
from train.run import replace_file

Row = dict[str, Any]
"""One epoch's line in history.csv."""

OVERFITTING_EPOCHS = 3


@dataclass
class Progress:
    """Written after each epoch, read by --resume."""

    history: list[Row]
    best_epoch: int = -1
    best_value: float = math.nan
    """Of the recipe's monitor."""

    @classmethod
    def read(cls, folder: Path) -> "Progress":
        path = folder / "progress.json"
        return cls(**json.loads(path.read_text())) if path.exists() else cls([])

    def write(self, folder: Path) -> None:
        replace_file(folder / "progress.json", json.dumps(vars(self)))

    def add(self, row: Row, monitor: str) -> bool:
        """Add an epoch; tells whether it is the best so far."""
        self.history.append(row)
        if self.best_epoch < 0 or better(monitor, row[monitor], self.best_value):
            self.best_epoch, self.best_value = row["epoch"], row[monitor]
        return bool(self.best_epoch == row["epoch"])


def better(monitor: str, value: float, than: float) -> bool:
    """Losses are better when lower, all else when higher; a figure that is no number is never better."""
    if math.isnan(than):
        return not math.isnan(value)
    return value < than if monitor.endswith("loss") else value > than


def ahead(recipe: Recipe, history: Sequence[Row]) -> tuple[Stage, int] | None:
    """Tell the next epoch's stage and its number within it, from 0; None when the training is over."""
    for stage in recipe.stages:
        done = [row for row in history if row["stage"] == stage.name]
        if len(done) < stage.epochs and not stopped(done, recipe.monitor, recipe.patience):
            return stage, len(done)
    return None


def stopped(done: Sequence[Row], monitor: str, patience: int | None) -> bool:
    """Tell whether a stage has gone `patience` epochs without a better figure."""
    if patience is None or not done:
        return False
    best = 0
    for at, row in enumerate(done):
        if better(monitor, row[monitor], done[best][monitor]):
            best = at
    return len(done) - 1 - best >= patience


def overfitting_since(history: Sequence[Row]) -> int | None:
    """Tell since which epoch a training learns its images by heart: the last one whose validation loss was the lowest.

    None while it does not. It does when the last three epochs all lie above the lowest validation loss while their
    training loss lies below that epoch's. The validation images are compared as they are, not shifted.
    """
    if len(history) <= OVERFITTING_EPOCHS:
        return None
    lowest = min(history, key=lambda row: float(row["val_loss"]))
    last = history[-OVERFITTING_EPOCHS:]
    if any(row["epoch"] <= lowest["epoch"] or row["loss"] >= lowest["loss"] for row in last):
        return None
    return int(lowest["epoch"])
