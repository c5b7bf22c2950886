"""How a run was trained, read back from its folder: the curve of every epoch, which one was kept, and where it stopped."""

import csv
import json
from dataclasses import dataclass
from math import isfinite
from typing import Any

from train.run import Run

_BY_LOSS = "loss"


@dataclass(frozen=True)
class Stretch:
    """The epochs of one stage, first and last counted."""

    name: str
    first: int
    last: int
    planned: int
    """Epochs that the recipe allowed."""

    @property
    def stopped_early(self) -> bool:
        return self.last - self.first + 1 < self.planned


@dataclass(frozen=True)
class Training:
    """The history of a run."""

    epochs: tuple[int, ...]
    curves: dict[str, tuple[float | None, ...]]
    """By column of history.csv; None where an epoch has no such figure."""
    stages: tuple[Stretch, ...]
    monitor: str
    """The column that chose the epoch."""
    kept: int
    """The epoch whose weights the run holds."""
    seconds: float

    @property
    def at_kept(self) -> dict[str, float | None]:
        """The kept epoch's figures."""
        place = self.epochs.index(self.kept)
        return {name: values[place] for name, values in self.curves.items()}


def read_training(run: Run) -> Training | None:
    """Read how a run was trained; None for a run that was not (an average of others)."""
    if not run.history.is_file():
        return None
    with run.history.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    told = json.loads(run.recipe.read_text(encoding="utf-8"))
    return training(rows, told)


def training(rows: list[dict[str, Any]], told: dict[str, Any]) -> Training | None:
    """Make sense of the lines of history.csv.

    Args:
        rows: One for each epoch, as written; `epoch` and `stage` are there, figures may be missing.
        told: recipe.json: its stages say how many epochs were planned.
    """
    if not rows:
        return None
    names = [name for name in rows[0] if name not in ("epoch", "stage")]
    curves = {name: tuple(_number(row.get(name)) for row in rows) for name in names}
    epochs = tuple(int(float(row["epoch"])) for row in rows)
    monitor = str(told.get("monitor") or "shifted_auroc")
    values = curves.get(monitor, ())
    known = [(value, epoch) for value, epoch in zip(values, epochs, strict=False) if value is not None]
    # The first of equal ones, as `fit` takes it: a later epoch must be better to be kept.
    kept = min(known, key=lambda one: (one[0] if _BY_LOSS in monitor else -one[0], one[1]))[1] if known else epochs[-1]
    seconds = sum(value for value in curves.get("seconds", ()) if value is not None)
    return Training(epochs, curves, _stages(rows, told), monitor, kept, seconds)


def _stages(rows: list[dict[str, Any]], told: dict[str, Any]) -> tuple[Stretch, ...]:
    planned = {stage["name"]: int(stage["epochs"]) for stage in told.get("stages", [])}
    members: dict[str, list[int]] = {}
    for row in rows:
        members.setdefault(str(row.get("stage", "")), []).append(int(float(row["epoch"])))
    return tuple(
        Stretch(name, epochs[0], epochs[-1], planned.get(name, len(epochs))) for name, epochs in members.items()
    )


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None
