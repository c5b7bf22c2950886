"""The images that models are compared on, and what each model scores on them."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.comparison.candidate import Candidate
from train.data.numbering import label_numbers, patient_numbers
from train.data.pixels import cached
from train.data.sides import choose, sides
from train.learning.validation import ValidationSet
from train.measuring.evaluation import counted
from train.measuring.origin import Origin, origin
from train.run import Run
from xray.errors import SetupError


@dataclass(frozen=True)
class Part:
    """One set of images with every candidate's scores."""

    name: str
    labels: NDArray[np.int64]
    """Index of the true label, shape (images,)."""
    patients: NDArray[np.int64]
    """A number for each image's patient, shape (images,); every image its own where nobody says."""
    patients_known: bool
    origins: tuple[Origin, ...]
    """How these images stand to the training of each candidate."""
    scores: tuple[NDArray[np.float32], ...]
    """Of every candidate, in order: logits, shape (images, labels)."""

    @property
    def described(self) -> str:
        """How many images of how many patients."""
        return counted(self.labels.size, np.unique(self.patients).size if self.patients_known else None)


def own_validation(candidates: Sequence[Candidate]) -> tuple[Part, ...]:
    """Score the validation images that lie in the runs, plain and shifted, each run on its own copy (its own size).

    A model file holds no images. It borrows those of a run that was trained on the same data at the same size.

    Raises:
        SetupError: The candidates were not validated on the same images, or a model file finds none to borrow.
    """
    _check_digests(candidates)
    sets = [_kept(candidate, candidates) for candidate in candidates]
    first = sets[0]
    for candidate, other in zip(candidates, sets, strict=True):
        if not (np.array_equal(other.labels, first.labels) and np.array_equal(other.patients, first.patients)):
            raise SetupError(
                f"the validation images of {candidate.name} lie in another order than those of {candidates[0].name}; "
                "give --data with the data set, so that all are read again"
            )
    parts = []
    for name, moved in (("validation", False), ("validation, shifted", True)):
        chosen = [one.part(shifted=moved) for one in sets]
        if chosen[0].labels.size:
            scores = tuple(one.score(own.images)[0] for one, own in zip(candidates, chosen, strict=True))
            origins = (Origin.CHOSEN,) * len(scores)
            parts.append(Part(name, chosen[0].labels, chosen[0].patients, True, origins, scores))
    return tuple(parts)


def _check_digests(candidates: Sequence[Candidate]) -> None:
    first = candidates[0]
    others = [one.name for one in candidates[1:] if one.card.data.digest != first.card.data.digest]
    if others:
        raise SetupError(
            f"{', '.join(others)} and {first.name} were trained and validated on different images or splits "
            f"({first.name}: {first.card.data.name}), so their own validation images prove nothing about each other; "
            "give --data with a data set that none of them was trained on, and --split"
        )


def _kept(candidate: Candidate, candidates: Sequence[Candidate]) -> ValidationSet:
    runs = [candidate] if not candidate.is_file else [one for one in candidates if not one.is_file]
    for one in runs:
        if one.card.input == candidate.card.input:
            return _read(Run(one.location))
    raise SetupError(
        f"{candidate.name} is a model file, which holds no validation images, and none of the runs given has images of "
        "its size; add the run that it was exported from, or give --data with a data set, and --split"
    )


def _read(run: Run) -> ValidationSet:
    try:
        return run.read_validation()
    except OSError as error:
        raise SetupError(
            f"{run.validation} cannot be read ({error.strerror}); without a run's validation images give --data with "
            "the data set, and --split"
        ) from error


def read_again(candidates: Sequence[Candidate], data: Path, split: str, workers: int) -> tuple[Part, ...]:
    """Score the images of a data set, each candidate at its own size.

    Raises:
        SetupError: The data cannot be read, or `split` would hold images that a candidate was trained on.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = [sides(data, split, candidate.card, Path(folder), workers=workers) for candidate in candidates]
    chosen = [choose(one, split) for one in found]
    examples = chosen[0]
    for candidate, other in zip(candidates, chosen, strict=True):
        if [one.sha256 for one in other] != [one.sha256 for one in examples]:
            raise SetupError(
                f"--split {split} of {data} is not the same images for {candidate.name} as for {candidates[0].name}: "
                "the data set names no split, and each model drew its own; give a data set that names its test images"
            )
    known = all(example.patient for example in examples)
    part = Part(
        name=f"{data.name} ({split})",
        labels=label_numbers(examples, candidates[0].card.labels),
        patients=patient_numbers(examples) if known else np.arange(len(examples)),
        patients_known=known,
        origins=tuple(origin(candidate.card, one, split) for candidate, one in zip(candidates, found, strict=True)),
        scores=(),
    )
    scores = []
    with tempfile.TemporaryDirectory() as folder:
        for candidate in candidates:
            images = cached(examples, candidate.card.input, Path(folder), workers=workers, title="decoding")
            scores.append(candidate.score(images)[0])
    return (replace(part, scores=tuple(scores)),)
