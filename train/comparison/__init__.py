"""Runs and model files side by side: measured on the same images, with tests of whether they differ at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from train.comparison.candidate import Candidate, load_all
from train.comparison.figures import Difference, Standing, differences, standing
from train.comparison.part import Part, own_validation, read_again
from train.measuring import cost
from train.measuring.cost import Cost
from train.report.training import Training, read_training
from train.run import Run
from xray.errors import SetupError


@dataclass(frozen=True)
class Measured:
    """What was found on one set of images."""

    part: Part
    standings: tuple[Standing, ...]
    """Of every candidate, in order."""
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Comparison:
    """All that was found."""

    candidates: tuple[Candidate, ...]
    measured: tuple[Measured, ...]
    costs: tuple[Cost, ...]
    machine: str
    """What the milliseconds were measured on."""
    trainings: tuple[Training | None, ...]
    """How each candidate's training went; None where it has no history (a model file, an average of runs)."""


def compare(
    locations: Sequence[Path],
    *,
    data: Path | None,
    split: str | None,
    workers: int,
    costs: Callable[[Sequence[Path]], tuple[Cost, ...]] = cost.costs,
) -> Comparison:
    """Compare models on the images that they were validated on, or on a data set.

    Args:
        locations: Runs or .tflite files; the first is what the others are compared with where they are many.
        data: None for the runs' own validation images, plain and shifted.
        split: Which images of `data`; None for its test images.
        workers: Processes that decode `data`; 0 means one per core.
        costs: Measures what models cost.

    Raises:
        SetupError: They cannot be compared: other labels, other images, fewer than two.
    """
    if data is None and split is not None:
        raise SetupError(f"--split {split} says which images of a data set; name the data set with --data")
    candidates = load_all(locations)
    parts = own_validation(candidates) if data is None else read_again(candidates, data, split or "test", workers)
    names = [one.name for one in candidates]
    measured = []
    for part in parts:
        standings = tuple(standing(one.card, scores, part) for one, scores in zip(candidates, part.scores, strict=True))
        measured.append(Measured(part, standings, differences(names, standings, part, candidates[0].card)))
    trainings = tuple(None if one.is_file else read_training(Run(one.location)) for one in candidates)
    paid = costs([one.location for one in candidates])
    return Comparison(candidates, tuple(measured), paid, cost.machine(), trainings)
