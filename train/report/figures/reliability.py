"""Whether probabilities mean what they say."""

from typing import Any

from train.measuring.evaluation import Evaluation
from train.report.style import FAINT, SERIES


def draw(axes: Any, told: Evaluation) -> None:
    """Draw the share that is right over the probability, for groups of images of equal size, with intervals."""
    groups = told.reliability
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, linestyle=":")
    x, y = [group.probability for group in groups], [group.share.value for group in groups]
    below = [max(0.0, group.share.value - group.share.low) for group in groups]
    above = [max(0.0, group.share.high - group.share.value) for group in groups]
    axes.errorbar(
        x, y, (below, above), color=SERIES[0], marker="o", markersize=5, linewidth=1.2, elinewidth=1, capsize=2
    )
    low = 0.0 if told.positive is not None else max(0.0, min([*x, *(group.share.low for group in groups)]) - 0.03)
    subject = told.positive if told.positive is not None else "the most likely label"
    axes.set(xlabel=f"probability of {subject}", ylabel="share of the images that have it", xlim=(low, 1.02))
    axes.set_ylim(low, 1.02)
    axes.set_aspect("equal")
    axes.grid(visible=True)
