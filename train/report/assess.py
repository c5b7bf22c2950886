"""Gathering a report: score the images once, and take all that is told from these scores."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Union

import numpy as np
from numpy.typing import NDArray

from train import provenance
from train.data import leakage
from train.data.dataset import Dataset, Example
from train.data.duplicates import Pair
from train.data.numbering import label_numbers, patient_numbers
from train.data.pixels import cached
from train.data.sides import choose
from train.explain.cam import maps, overlay
from train.measuring.flags import flags
from train.measuring.measure import findings, measure
from train.measuring.origin import origin
from train.measuring.scoring import open_model, scorer
from train.measuring.subgroups import Subgroup, subgroups
from train.measuring.verdict import TRIAGE, Bounds, verdicts
from train.report import pictures
from train.report.contents import Report
from train.report.training import read_training
from train.report.validation import held
from train.run import Run
from xray.calibration import Outputs
from xray.card import Card
from xray.decide import Finding
from xray.runtime import Predictor

if TYPE_CHECKING:  # a .tflite file is measured without TensorFlow
    import tf_keras as keras


def assess(
    model: Path,
    data: Dataset,
    side: str,
    cache: Path,
    *,
    workers: int,
    images: bool,
    bounds: Bounds = TRIAGE,
    near: Sequence[Pair] | None = None,
) -> Report:
    """Measure a model on one side of a data set, and gather all that a report tells.

    Args:
        model: A run's folder or a .tflite file.
        data: With the sides of the training, where it is the data of that training.
        side: `train`, `val`, `test` or `all`.
        cache: For decoded pixels.
        workers: Processes that decode; 0 means one per core.
        images: Whether radiographs are taken in.
        bounds: What each label is held to.
        near: The near-duplicates in the data; None where nobody looked for them.
    """
    card, opened, arrays = open_model(model)
    examples = choose(data, side)
    labels = label_numbers(examples, card.labels)
    pixels = cached(examples, card.input, cache, workers=workers, title="decoding")
    told = Outputs(*scorer(opened)(pixels), labels)
    decided = findings(card, arrays, told)
    leaks = leakage.measure(data, near)
    measured = replace(
        measure(card, arrays, told, _patients(examples)),
        data=f"{data.name} ({side})",
        digest=Dataset(data.name, examples).digest(),
        origin=origin(card, data, side),
        subgroups=_subgroups(examples, labels, decided, card),
    )
    crossings = [one for one in leaks.crossings if side in (one.side, "all")]
    measured = replace(measured, flags=flags(measured, crossings))
    run = Run(model) if model.is_dir() else None
    file = run.model if run is not None else model
    return Report(
        card=card,
        model_file=file.name,
        size_bytes=file.stat().st_size,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        measured=replace(measured, verdicts=verdicts(measured, bounds)),
        bounds=bounds,
        counts=data.counts(),
        leakage=str(leaks),
        command=provenance.command(),
        training=read_training(run) if run is not None else None,
        validation=held(card, scorer(opened), run.read_validation()) if run is not None else (),
        recipe=run.read_recipe() if run is not None else None,
        examples=_examples(examples, labels, decided, card) if images else (),
        mistakes=_mistakes(examples, labels, decided, card, opened, pixels) if images else (),
    )


def _examples(
    examples: Sequence[Example], labels: NDArray[np.int64], decided: Sequence[Finding], card: Card
) -> tuple[pictures.Shown, ...]:
    places = pictures.examples(labels, decided)
    return tuple(pictures.show(examples[at], decided[at], card.input) for at in places)


def _mistakes(
    examples: Sequence[Example],
    labels: NDArray[np.int64],
    decided: Sequence[Finding],
    card: Card,
    model: Union["keras.Model", Predictor],
    pixels: NDArray[np.uint8],
) -> tuple[pictures.Shown, ...]:
    """Show the worst mistakes, each with what spoke for the wrong label."""
    places = pictures.mistakes(labels, decided)
    if not places:
        return ()
    wrong = []
    for at, cam in zip(places, maps(model, np.asarray(pixels[places])), strict=True):
        one = pictures.show(examples[at], decided[at], card.input)
        wrong.append(replace(one, overlay=overlay(one.image, cam[:, :, card.labels.index(one.found)])))
    return tuple(wrong)


def _patients(examples: Sequence[Example]) -> NDArray[np.int64] | None:
    return patient_numbers(examples) if all(example.patient for example in examples) else None


def _subgroups(
    examples: Sequence[Example], labels: NDArray[np.int64], decided: Sequence[Finding], card: Card
) -> tuple[Subgroup, ...]:
    found = np.array([card.labels.index(finding.label) for finding in decided])
    positive = None if card.positive is None else card.labels.index(card.positive)
    return subgroups(examples, labels, found, patient_numbers(examples), positive)
