"""All that a report tells, as numbers and words; pages, cards and pictures are made of this and of nothing else."""

from dataclasses import dataclass
from typing import Any

from train.measuring.evaluation import Evaluation
from train.measuring.verdict import Bounds
from train.report.pictures import Shown
from train.report.training import Training
from train.report.validation import Held
from xray.card import Card


@dataclass(frozen=True)
class Report:
    """One model on one set of labelled images."""

    card: Card
    model_file: str
    """Name of the file that was measured."""
    size_bytes: int
    sha256: str
    """Of that file."""
    measured: Evaluation
    bounds: Bounds
    counts: dict[str, dict[str, int]]
    """Images by split and label of the data set that was measured on."""
    leakage: str
    """What was found on looking for patients and pictures on both sides of the split, in words."""
    command: str
    """That made this report."""
    training: Training | None = None
    """None for an exported file, and for a run that was not trained itself."""
    validation: tuple[Held, ...] = ()
    """For a run: its validation images, plain and shifted."""
    recipe: dict[str, Any] | None = None
    """recipe.json of a run."""
    examples: tuple[Shown, ...] = ()
    mistakes: tuple[Shown, ...] = ()

    @property
    def wrong(self) -> int:
        """Images that were found wrong."""
        hits = sum(row[at] for at, row in enumerate(self.measured.confusion))
        return self.measured.images - hits

    @property
    def pictured(self) -> bool:
        """Whether patients' images are in it."""
        return bool(self.examples or self.mistakes)
