"""Curves in their bands, one for each label that has a ranking: what ROC and precision-recall share."""

from collections.abc import Callable
from typing import Any

from train.measuring.evaluation import Evaluation, Ranking
from train.report.style import LINES, colour
from train.statistics import Band


def draw(
    axes: Any,
    told: Evaluation,
    curve: Callable[[Ranking], Band],
    words: Callable[[Ranking], str],
    *,
    step: str | None = None,
) -> None:
    """Draw them, in the labels' colours.

    Args:
        axes: Where.
        told: What was measured.
        curve: Which curve of a ranking.
        words: What the legend says of it, after the label.
        step: How the band goes from point to point, as `fill_between` has it.
    """
    ranked = [(index, one.label, one.ranking) for index, one in enumerate(told.classes) if one.ranking is not None]
    alpha = 0.18 if len(ranked) < 3 else 0.1
    for place, (index, label, ranking) in enumerate(ranked):
        band, line = curve(ranking), LINES[place % len(LINES)]
        axes.fill_between(band.x, band.low, band.high, color=colour(index), alpha=alpha, linewidth=0, step=step)
        axes.plot(band.x, band.value, color=colour(index), linestyle=line, label=f"{label}: {words(ranking)}")
