"""The picture of a comparison: ROC curves together, intervals, training curves and cost."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FormatStrFormatter, LogLocator, MaxNLocator
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from train.comparison import Comparison, Measured
from train.comparison.figures import Standing
from train.report.style import FAINT, INK, LINES, MARKERS, SERIES, Picture, colour, draw_panels
from train.report.training import Training

_COLUMNS = 3
_GRID = np.linspace(0, 1, 1001)
_COURSES = (("loss", "log loss"), ("auroc", "AUROC"))


def comparison_picture(told: Comparison) -> Picture:
    """Draw all panels that there is something to draw for, every model in one colour throughout."""
    panels: list[Callable[[Any], None]] = [functools.partial(_roc, told=told, measured=one) for one in told.measured]
    panels.append(functools.partial(_intervals, told=told))
    if any(told.trainings):
        panels += [functools.partial(_course, told=told, figure=figure, title=title) for figure, title in _COURSES]
    panels.append(functools.partial(_cost, told=told))
    rows = math.ceil(len(panels) / _COLUMNS)

    def on(axes: list[Any]) -> None:
        for one, draw in zip(axes, panels, strict=False):
            draw(one)
        for one in axes[len(panels) :]:
            one.set_axis_off()
        handles = [Line2D([], [], marker="o", markersize=5, **_look(at)) for at in range(len(told.candidates))]
        names = [one.name for one in told.candidates]
        axes[0].figure.legend(handles, names, loc="outside lower center", ncols=min(4, len(names)))

    return draw_panels((4.0 * _COLUMNS, 3.7 * rows + 0.5), (rows, _COLUMNS), on)


def _look(at: int) -> dict[str, Any]:
    """Colour and line of the candidate at this place; where colours come again, the line is another."""
    return {"color": colour(at), "linestyle": LINES[at // len(SERIES) % len(LINES)]}


def _roc(axes: Any, *, told: Comparison, measured: Measured) -> None:
    """The corner that matters: as far as twice the worst operating point, so that curves near 1 do not lie on the frame."""
    card = told.candidates[0].card
    present = np.unique(measured.part.labels).tolist()
    shown = present if card.positive is None else [card.labels.index(card.positive)]
    reach = 0.02
    for at, one in enumerate(measured.standings):
        axes.plot(_GRID, _mean_roc(one, measured.part.labels, shown), linewidth=1.4, **_look(at))
        reach = max(reach, 1 - one.auroc.value)
        if one.sensitivity is not None and one.specificity is not None:
            alarms, found = 1 - one.specificity.value, one.sensitivity.value
            axes.plot(alarms, found, "o", color=colour(at), markersize=7, markeredgecolor="white", zorder=3)
            reach = max(reach, alarms, 1 - found)
    reach = 2.2 * reach if reach < 0.4 else 1.0
    axes.set(
        title=f"ROC{'' if len(shown) == 1 else ', mean of the labels'}: {measured.part.name}",
        xlabel="1 − specificity" + (" (dots: operating points)" if card.positive is not None else ""),
        ylabel="sensitivity",
        xlim=(-0.01 * reach, reach),
        ylim=(1 - reach, 1 + 0.01 * reach),
    )


def _mean_roc(one: Standing, labels: NDArray[np.int64], shown: list[int]) -> NDArray[np.float64]:
    curves = []
    for index in shown:
        false, true, _ = roc_curve(labels == index, one.shares[:, index])
        curves.append(np.interp(_GRID, false, true))
    return np.asarray(np.mean(curves, axis=0))


def _intervals(axes: Any, *, told: Comparison) -> None:
    """Every model on every set of images; the first set filled, the others hollow."""
    space = 0.5 / len(told.measured)
    for which, (measured, marker) in enumerate(zip(told.measured, MARKERS, strict=False)):
        for at, one in enumerate(measured.standings):
            height = at + space * (which - (len(told.measured) - 1) / 2)
            filled = colour(at) if which == 0 else "none"
            axes.plot([one.auroc.low, one.auroc.high], [height, height], linewidth=2, color=colour(at))
            axes.plot(one.auroc.value, height, marker, markersize=7, color=colour(at), markerfacecolor=filled)
        filled = INK if which == 0 else "none"
        axes.plot([], [], marker, color=INK, markerfacecolor=filled, label=measured.part.name)
    for at, candidate in enumerate(told.candidates):
        words = {"va": "center", "fontsize": 8, "color": colour(at)}
        axes.text(0.0, at - 0.4, candidate.name, transform=axes.get_yaxis_transform(), **words)
    axes.set(title="AUROC with 95 % interval, by patient", yticks=[], ylim=(len(told.candidates) - 0.5, -0.6))
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(visible=True, axis="x")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=len(told.measured))


def _course(axes: Any, *, told: Comparison, figure: str, title: str) -> None:
    """One curve for each training, on the shifted validation images where there are any; a line where a stage begins."""
    trainings = [one for one in told.trainings if one is not None]
    column = f"shifted_{figure}" if all(f"shifted_{figure}" in one.curves for one in trainings) else f"val_{figure}"
    for at, training in enumerate(told.trainings):
        if training is None:
            continue
        values = training.curves.get(column, (None,) * len(training.epochs))
        shown = [np.nan if value is None else value for value in values]
        axes.plot(training.epochs, shown, marker=".", **_look(at))
        kept = training.epochs.index(training.kept)
        axes.plot(training.kept, shown[kept], "o", markersize=9, markerfacecolor="none", color=colour(at))
    if figure == "loss":
        _plain_log(axes.set_yscale, axes.yaxis)
    part = "validation, shifted" if column.startswith("shifted") else "validation"
    axes.set(title=f"{title} on {part}", xlabel="epoch (circle: the one kept)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, axis="y")
    if any(len(training.stages) > 1 for training in trainings):
        _stages(axes, trainings, high=figure != "loss")


def _stages(axes: Any, trainings: list[Training], *, high: bool) -> None:
    """A line where a stage begins, named where the curves do not begin: at the top or at the bottom."""
    begins: dict[int, dict[str, None]] = {}
    for training in trainings:
        for stage in training.stages:
            begins.setdefault(stage.first, {})[stage.name] = None
    height, edge = (0.99, "top") if high else (0.01, "bottom")
    across = axes.get_xaxis_transform()
    for epoch, names in begins.items():
        axes.axvline(epoch - 0.5, color=FAINT, linewidth=0.8, linestyle=":")
        words = {"va": edge, "fontsize": 8, "color": FAINT, "rotation": 90}
        axes.text(epoch - 0.4, height, ", ".join(names), transform=across, **words)


def _cost(axes: Any, *, told: Comparison) -> None:
    """What a better AUROC costs in time; on the last, hardest images."""
    measured = told.measured[-1]
    for at, (one, cost) in enumerate(zip(measured.standings, told.costs, strict=True)):
        axes.plot([cost.milliseconds] * 2, [one.auroc.low, one.auroc.high], "_-", markersize=8, color=colour(at))
        axes.plot(cost.milliseconds, one.auroc.value, "o", markersize=8, color=colour(at))
    _plain_log(axes.set_xscale, axes.xaxis)
    times = [one.milliseconds for one in told.costs]
    axes.set_xlim(min(times) / 2, max(times) * 2)
    axes.set(title=f"AUROC ({measured.part.name}) and time", xlabel="milliseconds an image, one thread")
    axes.grid(visible=True)


def _plain_log(scale: Callable[[str], None], axis: Any) -> None:
    """A logarithmic axis that is labelled 0.1, 0.2, 0.5, 1: nobody reads 2 × 10⁻¹."""
    scale("log")
    axis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
    axis.set_major_formatter(FormatStrFormatter("%g"))
    axis.set_minor_formatter("")
