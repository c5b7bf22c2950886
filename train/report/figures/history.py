"""How the training went, epoch by epoch; the kept epoch, the stages, and where a stage was stopped."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from train.report.style import FAINT, INK, LINES, MARKERS, colour
from train.report.training import Training


@dataclass(frozen=True)
class Panel:
    """One figure: which columns of history.csv share an axis."""

    title: str
    columns: tuple[tuple[str, str], ...]
    """Column, and what it is called on the picture. The place in this tuple gives colour, line and marker."""
    from_zero: bool = False

    def of(self, training: Training) -> list[tuple[int, str, tuple[float | None, ...]]]:
        """The curves that this history has: place, name, values."""
        return [
            (place, name, training.curves[column])
            for place, (column, name) in enumerate(self.columns)
            if any(value is not None for value in training.curves.get(column, ()))
        ]


_TRAINING, _PLAIN, _SHIFTED, _TEST = "training, augmented", "validation", "validation, shifted", "test"
PANELS = {
    "history_loss": Panel(
        "log loss",
        (("loss", _TRAINING), ("val_loss", _PLAIN), ("shifted_loss", _SHIFTED), ("test_loss", _TEST)),
        from_zero=True,
    ),
    "history_accuracy": Panel(
        "accuracy",
        (("accuracy", _TRAINING), ("val_accuracy", _PLAIN), ("shifted_accuracy", _SHIFTED), ("test_accuracy", _TEST)),
    ),
    "history_auroc": Panel(
        "AUROC", (("auroc", _TRAINING), ("val_auroc", _PLAIN), ("shifted_auroc", _SHIFTED), ("test_auroc", _TEST))
    ),
}


def draw(axes: Any, training: Training, panel: Panel) -> None:
    """Draw the curves of one panel."""
    for stage, shaded in zip(training.stages, [False, True] * len(training.stages), strict=False):
        if shaded:
            axes.axvspan(stage.first - 0.5, stage.last + 0.5, color=FAINT, alpha=0.1, linewidth=0)
    for place, name, values in panel.of(training):
        shown = [np.nan if value is None else value for value in values]
        axes.plot(
            training.epochs,
            shown,
            color=colour(place),
            linestyle=LINES[place],
            marker=MARKERS[place],
            markersize=3.5,
            label=name,
        )
    if panel.from_zero:
        axes.set_ylim(bottom=0)
    axes.set_xlim(training.epochs[0] - 0.5, training.epochs[-1] + 0.5)
    axes.set(xlabel="epoch", ylabel=panel.title)
    axes.grid(visible=True, axis="y")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    _marks(axes, training)
    axes.legend(loc="best")


def _marks(axes: Any, training: Training) -> None:
    """Mark the kept epoch and where stages stopped early; above it the stages' names, in two rows lest they meet."""
    high = axes.get_xaxis_transform()

    def write(epoch: float, row: int, words: str, align: str) -> None:
        axes.text(epoch, 1.01 + 0.06 * row, words, transform=high, ha=align, va="bottom", fontsize=8)

    axes.axvline(training.kept, color=INK, linewidth=1)
    write(training.kept, 0, f"kept: {training.kept}", "center")
    for place, stage in enumerate(training.stages):
        name = stage.name
        if stage.stopped_early:
            axes.axvline(stage.last, color=INK, linewidth=1, linestyle=":")
            name += f", stopped at {stage.last} of {stage.first + stage.planned - 1}"
        write(stage.first - 0.4, 1 + place % 2, name, "left")
