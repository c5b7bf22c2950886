"""How many of the images called positive are so, at every sensitivity."""

from typing import Any

from train.measuring.evaluation import Evaluation
from train.report.figures import bands
from train.report.style import colour


def draw(axes: Any, told: Evaluation) -> None:
    """Draw precision over sensitivity of every ranked label with its band; the level of guessing dotted."""
    bands.draw(
        axes,
        told,
        lambda ranking: ranking.precision_recall,
        lambda ranking: f"{ranking.average_precision:.3f}",
        step="pre",
    )
    for index, one in enumerate(told.classes):
        if one.ranking is not None:
            axes.axhline(one.ranking.prevalence, color=colour(index), linewidth=0.9, linestyle=":")
    axes.set(xlabel="sensitivity (recall)", ylabel="precision (PPV)", xlim=(0, 1.01), ylim=(0, 1.02))
    axes.set_aspect("equal")
    axes.grid(visible=True)
    axes.legend(loc="lower left")
