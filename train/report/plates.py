"""Every figure of a report by its name, which is that of its files; what cannot be drawn is left out."""

from functools import partial

from train.report.contents import Report
from train.report.figures import (
    confusion,
    gallery,
    history,
    overview,
    precision_recall,
    probabilities,
    reliability,
    roc,
)
from train.report.style import Picture, draw

OVERVIEW = "evaluation"
_CURVES = {
    "roc": roc.draw,
    "precision_recall": precision_recall.draw,
    "reliability": reliability.draw,
}
NAMES = ("confusion", *_CURVES, "probabilities", *history.PANELS, "examples", "mistakes")
"""All but the overview, whether a report has them or not."""
_SQUARE, _WIDE = (4.9, 4.6), (4.9, 3.5)


def plates(report: Report) -> dict[str, Picture]:
    """Draw them all."""
    told = report.measured
    drawn = {OVERVIEW: overview.draw(told)}
    drawn["confusion"] = draw(_cells(len(told.labels)), partial(confusion.draw, told=told))
    drawn |= {name: draw(_SQUARE, partial(curve, told=told)) for name, curve in _CURVES.items()}
    drawn["probabilities"] = draw(_WIDE, partial(probabilities.draw, told=told))
    if report.training is not None:
        drawn |= {
            name: draw(_WIDE, partial(history.draw, training=report.training, panel=panel))
            for name, panel in history.PANELS.items()
            if panel.of(report.training)
        }
    for name, shown in (("examples", report.examples), ("mistakes", report.mistakes)):
        if shown:
            drawn[name] = gallery.draw(shown)
    return drawn


def _cells(labels: int) -> tuple[float, float]:
    """A confusion matrix of so many labels."""
    return 1.9 + 1.2 * labels, 0.9 + 0.95 * labels
