"""How the probabilities lie, by true label: whether the labels come apart, and where the threshold cuts."""

from typing import Any

import numpy as np
from matplotlib.ticker import NullLocator

from train.measuring.evaluation import HISTOGRAM_BINS, Evaluation
from train.report.style import INK, PLATE, colour

_SHORT = 12
"""Length of labels of which three stand beside each other in a legend as wide as the figure."""


def draw(axes: Any, told: Evaluation) -> None:
    """Draw a histogram for each true label, side by side, on a scale that shows single images beside hundreds."""
    edges = np.linspace(0, 1, HISTOGRAM_BINS + 1)
    width = 0.9 * (edges[1] - edges[0]) / len(told.labels)
    for index, (label, counts) in enumerate(zip(told.labels, told.histogram, strict=True)):
        left = edges[:-1] + width * (index + 0.05 * len(told.labels))
        axes.bar(
            left,
            counts,
            width=width,
            align="edge",
            color=colour(index),
            label=label,
            hatch="//" if index % 2 else "",
            edgecolor=PLATE,
            linewidth=0,
        )
    axes.set_yscale("symlog", linthresh=5)
    axes.set_ylim(bottom=0)
    ticks = [tick for tick in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if tick <= axes.get_ylim()[1]]
    axes.set_yticks(ticks, labels=[str(tick) for tick in ticks], minor=False)
    axes.yaxis.set_minor_locator(NullLocator())
    subject = told.positive if told.positive is not None else "the true label"
    axes.set(xlabel=f"probability of {subject}", ylabel="images", xlim=(0, 1))
    if told.operating_points:
        axes.axvline(told.operating_points[0].threshold, color=INK, linewidth=1)
        band = told.operating_points[0].uncertain
        if band is not None:
            axes.axvspan(band.low, band.high, color=INK, alpha=0.1, linewidth=0)
    columns = 3 if max(map(len, told.labels)) <= _SHORT else 1  # longer names would be cut off at both sides
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(columns, len(told.labels)))
