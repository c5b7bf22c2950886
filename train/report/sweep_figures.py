"""The figures of a sweep: its course, what mattered, every option by itself, and two options as a grid."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from train.report.style import FAINT, GRID, INK, SERIES, Picture, draw, draw_panels
from train.sweep.plan import Outcome, Plan, shown
from train.sweep.space import Axis

_BLUE, _VERMILION = SERIES[:2]
_COLUMNS = 3


def course(plan: Plan, outcomes: Sequence[Outcome]) -> Picture:
    """Draw the trials in the order in which they began, and the best so far."""

    def on(axes: Any) -> None:
        finished = _finished(outcomes)
        stopped = [one for one in outcomes if one.state == "stopped" and one.value is not None]
        failed = [one for one in outcomes if one.state == "failed"]
        falling = plan.figure.endswith("loss")
        best = list(itertools.accumulate((one.value or 0.0 for one in finished), min if falling else max))
        numbers = [one.number + 1 for one in finished]
        axes.step(numbers, best, where="post", color=_VERMILION, label="best so far")
        if plan.noise is not None and best:
            axes.axhspan(
                best[-1] - plan.noise, best[-1] + plan.noise, color=GRID, alpha=0.6, linewidth=0, label="noise"
            )
        axes.plot(numbers, [one.value for one in finished], "o", color=_BLUE, label="finished")
        axes.plot([one.number + 1 for one in stopped], [one.value for one in stopped], "o", color=FAINT, mfc="none",
                  label="stopped as hopeless")  # fmt: skip
        low = axes.get_ylim()[0]
        axes.plot([one.number + 1 for one in failed], [low] * len(failed), "x", color=INK, label="failed")
        axes.set(xlabel="trial", ylabel=words(plan.figure))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        drawn = {"finished": finished, "stopped as hopeless": stopped, "failed": failed, "best so far": best}
        handles, names = axes.get_legend_handles_labels()
        kept = [(handle, name) for handle, name in zip(handles, names, strict=True) if drawn.get(name, True)]
        axes.legend(*zip(*kept, strict=True), loc="best")

    return draw((6.4, 3.6), on)


def mattered(importances: dict[str, float]) -> Picture:
    """Draw how much of the variation goes with each option."""

    def on(axes: Any) -> None:
        names = [name.replace("_", "-") for name in importances]
        axes.barh(names, list(importances.values()), color=_BLUE, height=0.6)
        for place, share in enumerate(importances.values()):
            axes.text(share + 0.015, place, f"{share:.0%}".replace("%", " %"), va="center")
        axes.set(xlim=(0, 1.12), xlabel="share of the variation between trials")
        axes.set_xticks((0, 0.25, 0.5, 0.75, 1), ("0", "25 %", "50 %", "75 %", "100 %"))
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()

    return draw((5.2, 1.0 + 0.34 * len(importances)), on)


def slices(plan: Plan, outcomes: Sequence[Outcome]) -> Picture:
    """Draw every finished trial over each option by itself; a bar marks the median of a value's trials."""
    finished = _finished(outcomes)
    columns = min(_COLUMNS, len(plan.axes))
    rows = -(-len(plan.axes) // columns)

    def on(panels: list[Any]) -> None:
        for panel in panels[len(plan.axes) :]:
            panel.axis("off")
        for panel, axis in zip(panels, plan.axes, strict=False):
            _slice(panel, axis, finished)
        for panel in panels[::columns]:
            panel.set_ylabel(words(plan.figure))

    return draw_panels((3.3 * columns, 2.7 * rows), (rows, columns), on)


def _slice(panel: Any, axis: Axis, finished: Sequence[Outcome]) -> None:
    values = [one.value for one in finished]
    panel.set_title(axis.option)
    if axis.span is not None:
        panel.plot([one.point[axis.name] for one in finished], values, "o", color=_BLUE, alpha=0.75)
        panel.set_xscale("log")
        panel.set_xlim(*axis.span)  # all that was to be tried; near each other, few trials' ticks overlapped
        return
    places = [axis.values.index(one.point[axis.name]) for one in finished]
    panel.plot(places, values, "o", color=_BLUE, alpha=0.6)
    for place in set(places):
        middle = np.median([value for at, value in zip(places, values, strict=True) if at == place])
        panel.plot([place - 0.28, place + 0.28], [middle, middle], color=_VERMILION, linewidth=2)
    panel.set_xticks(range(len(axis.values)), [shown(value) for value in axis.values])
    panel.set_xlim(-0.6, len(axis.values) - 0.4)
    if len(axis.values) > 4:
        panel.tick_params(axis="x", labelrotation=40)


def grid(plan: Plan, outcomes: Sequence[Outcome]) -> Picture | None:
    """Draw two options against each other, the mean of each combination; None where not two lists of values vary."""
    if len(plan.axes) != 2 or plan.combinations is None:
        return None
    down, across = plan.axes
    means = np.full((len(down.values), len(across.values)), np.nan)
    for row, column in np.ndindex(*means.shape):
        point = {down.name: down.values[row], across.name: across.values[column]}
        found = [one.value for one in _finished(outcomes) if one.point == point and one.value is not None]
        means[row, column] = np.mean(found) if found else np.nan
    if np.isnan(means).all():
        return None

    def on(axes: Any) -> None:
        low, high = float(np.nanmin(means)), float(np.nanmax(means))
        goodness = (high - means if plan.figure.endswith("loss") else means - low) / max(high - low, 1e-12)
        axes.imshow(goodness, cmap="Blues", vmin=-0.3, vmax=1, aspect="auto")
        for (row, column), value in np.ndenumerate(means):
            dark = goodness[row, column] > 0.6
            text = "–" if np.isnan(value) else f"{value:.3f}"
            axes.text(column, row, text, ha="center", va="center", color="white" if dark else "black")
        axes.set_xticks(range(len(across.values)), [shown(value) for value in across.values])
        axes.set_yticks(range(len(down.values)), [shown(value) for value in down.values])
        axes.set(xlabel=across.option, ylabel=down.option, title=words(plan.figure))
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    return draw((1.6 + 0.85 * len(across.values), 1.3 + 0.45 * len(down.values)), on)


def words(figure: str) -> str:
    """A column of history.csv as a reader says it."""
    name = figure.removeprefix("shifted_")
    return {"auroc": "AUROC", "loss": "log loss"}.get(name, name) + (", shifted" if name != figure else "")


def _finished(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if one.state == "finished" and one.value is not None]
