"""How many of the images called positive are so, at every sensitivity."""

from typing import Any

from train.measuring.evaluation import Evaluation
from train.report.style import LINES, colour


def draw(axes: Any, told: Evaluation) -> None:
    """Draw precision over sensitivity of every ranked label with its band; the level of guessing dotted."""
    ranked = [(index, one) for index, one in enumerate(told.classes) if one.ranking is not None]
    for place, (index, one) in enumerate(ranked):
        assert one.ranking is not None
        band = one.ranking.precision_recall
        axes.fill_between(
            band.x,
            band.low,
            band.high,
            color=colour(index),
            alpha=0.18 if len(ranked) < 3 else 0.1,
            linewidth=0,
            step="pre",
        )
        axes.plot(
            band.x,
            band.value,
            color=colour(index),
            linestyle=LINES[place % len(LINES)],
            label=f"{one.label}: {one.ranking.average_precision:.3f}",
        )
        axes.axhline(one.ranking.prevalence, color=colour(index), linewidth=0.9, linestyle=":")
    axes.set(xlabel="sensitivity (recall)", ylabel="precision (PPV)", xlim=(0, 1.01), ylim=(0, 1.02))
    axes.set_aspect("equal")
    axes.grid(visible=True)
    axes.legend(loc="lower left")
