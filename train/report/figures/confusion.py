"""What was found for images of each label: counts and rates."""

from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from train.measuring.evaluation import Evaluation
from train.report.style import SERIES


def draw(axes: Any, told: Evaluation) -> None:
    """Draw the confusion matrix; the shade is the share of the row."""
    counts = np.array(told.confusion)
    rates = counts / counts.sum(axis=1, keepdims=True).clip(1)
    for (row, column), rate in np.ndenumerate(rates):
        # Rectangles, not a bitmap: the dark page changes their colour. Never so deep that the ink on it gets lost.
        cell = Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, color=SERIES[0], alpha=0.04 + 0.5 * rate, linewidth=0)
        axes.add_patch(cell)
        axes.text(column, row - 0.1, f"{counts[row, column]}", ha="center", va="center", fontsize=13, weight="bold")
        axes.text(column, row + 0.22, f"{rate:.1%}" if counts[row].sum() else "–", ha="center", va="center", fontsize=9)
    ticks = range(len(told.labels))
    axes.set(xlabel="found", ylabel="true", xticks=ticks, yticks=ticks, xlim=(-0.5, len(ticks) - 0.5))
    axes.set_ylim(len(ticks) - 0.5, -0.5)
    axes.set_xticklabels([fill(label, 12, break_long_words=False) for label in told.labels])
    axes.set_yticklabels([fill(label, 16, break_long_words=False) for label in told.labels])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
