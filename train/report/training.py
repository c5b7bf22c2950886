"""How a run was trained, read back from its folder: the curve of every epoch, which one was kept, and where it stopped."""

import csv
from dataclasses import dataclass
from math import isfinite
from typing import Any

from train.learning.progress import better, overfitting_since
from train.run import Run


@dataclass(frozen=True)
class Stretch:
    """The epochs of one stage, first and last counted."""

    name: str
    first: int
    last: int
    planned: int
    """Epochs that the recipe allowed."""
    best: int
    """The epoch of the best figure, as far as the monitor goes."""

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
    overfitting_since: int | None
    """From this epoch on the validation loss rose while the training loss fell; None where it did not."""

    def at(self, epoch: int) -> dict[str, float | None]:
        """One epoch's figures."""
        place = self.epochs.index(epoch)
        return {name: values[place] for name, values in self.curves.items()}


def read_training(run: Run) -> Training | None:
    """Read how a run was trained; None for a run that was not (an average of others)."""
    if not run.history.is_file():
        return None
    with run.history.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return training(rows, run.read_recipe())


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
    values = dict(zip(epochs, curves.get(monitor, (None,) * len(epochs)), strict=True))
    seconds = sum(value for value in curves.get("seconds", ()) if value is not None)
    return Training(
        epochs,
        curves,
        _stages(rows, told, values, monitor),
        monitor,
        _best(values, monitor),
        seconds,
        _overfitting(rows),
    )


def _best(values: dict[int, float | None], monitor: str) -> int:
    """The epoch that `fit` keeps: of equal ones the first; the last one where there is no figure."""
    best: tuple[int, float] | None = None
    for epoch, value in values.items():
        if value is not None and (best is None or better(monitor, value, best[1])):
            best = epoch, value
    return max(values) if best is None else best[0]


def _overfitting(rows: list[dict[str, Any]]) -> int | None:
    figures = [{name: _number(row.get(name)) for name in ("epoch", "loss", "val_loss")} for row in rows]
    known = all(value is not None for row in figures for value in row.values())
    return overfitting_since(figures) if known else None


def _stages(
    rows: list[dict[str, Any]], told: dict[str, Any], values: dict[int, float | None], monitor: str
) -> tuple[Stretch, ...]:
    planned = {stage["name"]: int(stage["epochs"]) for stage in told.get("stages", [])}
    members: dict[str, list[int]] = {}
    for row in rows:
        members.setdefault(str(row.get("stage", "")), []).append(int(float(row["epoch"])))
    return tuple(
        Stretch(
            name,
            epochs[0],
            epochs[-1],
            planned.get(name, len(epochs)),
            _best({epoch: values[epoch] for epoch in epochs}, monitor),
        )
        for name, epochs in members.items()
    )


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None
