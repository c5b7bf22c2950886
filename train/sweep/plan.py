"""What a sweep is about, and what came of its trials."""

import shlex
from dataclasses import dataclass
from typing import Any

from train.changes import Changes
from train.sweep.space import Axis, Point, Value, changes

NOISE = {"shifted_auroc": 0.007, "shifted_accuracy": 0.02}
"""Differences up to these came about by the seed alone, on the data of docs/results.md; on fewer images they are larger."""


@dataclass(frozen=True)
class Plan:
    """A study cannot be gone on with under another plan."""

    recipe: str
    fixed: Changes
    """What every trial has in common."""
    weights: str
    data: str
    """Name of the data set."""
    digest: str
    """Of the data set."""
    images: tuple[int, int]
    """For training and for validation; those for testing are not looked at."""
    seed: int
    monitor: str
    """The figure that chooses the epoch within a trial, as in `fit`."""
    epochs: int
    """Of a trial, at most."""
    axes: tuple[Axis, ...]
    allow_leakage: bool = False
    """Whether the given split may leak."""

    @property
    def figure(self) -> str:
        """What trials are compared by: the monitor, on the *shifted* validation images; plain ones saturate."""
        return self.monitor.replace("val_", "shifted_")

    @property
    def combinations(self) -> int | None:
        """How many points there are; None where an axis has no end of them."""
        count = 1
        for axis in self.axes:
            count *= len(axis.values)
        return count or None

    @property
    def noise(self) -> float | None:
        """What the seed alone makes of the figure; None where nobody measured it."""
        return NOISE.get(self.figure)


@dataclass(frozen=True)
class Outcome:
    """One trial that was begun."""

    number: int
    state: str
    """`finished`, `stopped` for being hopeless, `failed`, `killed` (tried again, and not counted) or `running`."""
    point: Point
    value: float | None
    """The figure at the epoch that is kept; of a stopped trial the last one seen."""
    seed: int | None
    reason: str
    """Why it failed."""
    kept: dict[str, Any]
    """The kept epoch's line in history.csv; empty where there is none."""
    seconds: float
    epochs: int


def words(point: Point) -> str:
    """Say a point on one line."""
    return ", ".join(f"{name.replace('_', '-')} {shown(value)}" for name, value in point.items())


def shown(value: Value) -> str:
    """A value as a person would write it."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def fit_command(plan: Plan, point: Point, data: str) -> str:
    """Say how to train with the options of a point, for as many epochs as the recipe has."""
    command = ["lungwatch-train", "fit", data, "--recipe", plan.recipe, "--run", f"runs/{plan.recipe}"]
    if plan.weights != "none":
        command += ["--weights", plan.weights]
    for name, value in vars(changes(plan.fixed, point)).items():
        if name == "epochs" or value is None:
            continue
        for one in value if isinstance(value, tuple) else (value,):
            command += [f"--{name.replace('_', '-')}", f"{one:g}" if isinstance(one, float) else str(one)]
    if plan.allow_leakage:
        command.append("--allow-leakage")
    return shlex.join([*command, "--seed", str(plan.seed)])
