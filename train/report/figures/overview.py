"""The four figures that say most, as one picture: for documents, and for whoever looks at one thing only."""

from typing import Any

from train.measuring.evaluation import Evaluation
from train.report.figures import confusion, probabilities, reliability, roc
from train.report.style import Picture, draw_panels
from train.report.wording import figure


def draw(told: Evaluation) -> Picture:
    """Draw ROC, reliability, probabilities by true label and the confusion matrix."""

    def on(panels: list[Any]) -> None:
        for panel, one in zip(panels, (roc, reliability, probabilities, confusion), strict=True):
            one.draw(panel, told)
        panels[0].set_title(f"ROC: area {figure(told.auroc)}")
        panels[1].set_title(f"reliability: calibration error {told.calibration_error:.3f}")
        # The histogram has its legend where the others have their title.
        panels[3].set_title(f"accuracy {figure(told.accuracy)}")
        panels[0].figure.suptitle(f"{told.model} ({told.profile}) on {told.data}: {told.described}", fontsize=11)

    return draw_panels((9.6, 8.6), (2, 2), on)
