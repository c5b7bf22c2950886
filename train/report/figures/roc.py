"""What sensitivity costs in specificity, at every threshold."""

from typing import Any

from train.measuring.evaluation import Evaluation
from train.report.figures import bands
from train.report.style import FAINT, INK, MARKERS, PLATE
from train.report.wording import figure

_CROWDED = 0.95
"""Above this area a curve lies in the corner, where nothing can be told apart at full scale."""


def draw(axes: Any, told: Evaluation) -> None:
    """Draw the ROC of every ranked label with its band, and the card's operating points; the corner again, larger."""
    _curves(axes, told)
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, linestyle=":")
    axes.set(xlabel="1 − specificity (false alarms)", ylabel="sensitivity (found)", xlim=(-0.02, 1), ylim=(0, 1.02))
    axes.set_aspect("equal")
    axes.grid(visible=True)
    axes.legend(loc="lower right")
    if min((one.ranking.auroc.value for one in told.classes if one.ranking), default=0.0) > _CROWDED:
        corner = axes.inset_axes((0.42, 0.42, 0.5, 0.5))
        _curves(corner, told)
        corner.set(xlim=(-0.004, 0.2), ylim=(0.8, 1.004), xticks=(0, 0.1, 0.2), yticks=(0.8, 0.9, 1.0))
        corner.set_facecolor(PLATE)
        corner.tick_params(labelsize=8)
        corner.grid(visible=True)
        corner.spines[:].set_visible(True)
        frame = axes.indicate_inset_zoom(corner, edgecolor=FAINT, alpha=0.9)
        for line in frame.connectors:
            line.set_visible(False)


def _curves(axes: Any, told: Evaluation) -> None:
    bands.draw(axes, told, lambda ranking: ranking.roc, lambda ranking: figure(ranking.auroc))
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
