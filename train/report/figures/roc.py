"""What sensitivity costs in specificity, at every threshold."""

from typing import Any

from train.measure import Evaluation
from train.report.style import FAINT, INK, LINES, MARKERS, colour


def draw(axes: Any, told: Evaluation) -> None:
    """Draw the ROC of every ranked label with its band, and the card's operating points."""
    for index, one in enumerate(told.classes):
        if one.ranking is None:
            continue
        band, area = one.ranking.roc, one.ranking.auroc
        axes.fill_between(band.x, band.low, band.high, color=colour(index), alpha=0.18, linewidth=0)
        axes.plot(
            band.x,
            band.value,
            color=colour(index),
            linestyle=LINES[index % len(LINES)],
            label=f"{one.label}: {area.value:.3f} ({area.low:.3f}–{area.high:.3f})",
        )
    for point, marker in zip(told.operating_points, MARKERS, strict=False):
        axes.plot(
            1 - point.specificity.value,
            point.sensitivity.value,
            marker,
            color=INK,
            markerfacecolor="none",
            markersize=7,
            label=f"{point.name} ({point.threshold:.2f})",
        )
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, linestyle=":")
    axes.set(xlabel="1 − specificity (false alarms)", ylabel="sensitivity (found)", xlim=(-0.02, 1), ylim=(0, 1.02))
    axes.set_aspect("equal")
    axes.grid(visible=True)
    axes.legend(loc="lower right")
