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
_SQUARE, _WIDE = (4.9, 4.6), (4.9, 3.5)


def plates(report: Report) -> dict[str, Picture]:
    """Draw them all."""
    told = report.measured
    drawn = {OVERVIEW: overview.draw(told)}
    figures = {
        "confusion": (_cells(len(told.labels)), confusion.draw),
        "roc": (_SQUARE, roc.draw),
        "precision_recall": (_SQUARE, precision_recall.draw),
        "reliability": (_SQUARE, reliability.draw),
        "probabilities": (_WIDE, probabilities.draw),
    }
    drawn |= {name: draw(size, partial(figure, told=told)) for name, (size, figure) in figures.items()}
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
