"""Gathering a report: score the images once, and take all that is told from these scores."""

import hashlib
import json
import shlex
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Union

import numpy as np
from numpy.typing import NDArray

from train.cam import maps, overlay
from train.dataset import Dataset, Example
from train.flags import flags
from train.measure import Evaluation, findings, measure
from train.origin import origin
from train.pixels import cached
from train.prepare import label_numbers, patient_numbers
from train.report import pictures
from train.report.contents import Report
from train.report.training import read_training
from train.report.validation import held
from train.run import Run
from train.scoring import open_model, scorer
from train.subgroups import Subgroup, subgroups
from train.verdict import TRIAGE, Bounds, verdicts
from xray.calibration import Outputs
from xray.card import Card
from xray.decide import Finding
from xray.runtime import Predictor

if TYPE_CHECKING:  # a .tflite file is measured without TensorFlow
    import tf_keras as keras


def assess(model: Path, data: Dataset, side: str, *, workers: int, images: bool, bounds: Bounds = TRIAGE) -> Report:
    """Measure a model on one side of a data set, and gather all that a report tells.

    Args:
        model: A run's folder or a .tflite file.
        data: Split where `side` needs it.
        side: `train`, `val`, `test` or `all`.
        workers: Processes that decode.
        images: Whether radiographs are taken in.
        bounds: What each label is held to.
    """
    card, opened, arrays = open_model(model)
    examples = data.examples if side == "all" else data.of(side)
    labels = label_numbers(examples, card.labels)
    with _pixel_folder(model) as folder:
        pixels = cached(examples, card.input, folder, workers=workers, title="decoding")
        told = Outputs(*scorer(opened)(pixels), labels)
        measured = _judged(measure(card, arrays, told, _patients(examples)), card, data, side, bounds)
        decided = findings(card, arrays, told)
        measured = replace(measured, subgroups=_subgroups(examples, labels, decided, card))
        shown = _examples(examples, labels, decided, card) if images else ()
        wrong = _mistakes(examples, labels, decided, card, opened, pixels) if images else ()
    run = Run(model) if model.is_dir() else None
    file = run.model if run is not None else model
    return Report(
        card=card,
        model_file=file.name,
        size_bytes=file.stat().st_size,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        measured=measured,
        bounds=bounds,
        counts=data.counts(),
        leakage=_leakage(data),
        command=shlex.join(["lungwatch-train", *sys.argv[1:]]),
        training=read_training(run) if run is not None else None,
        validation=held(card, scorer(opened), run.read_images()[1]) if run is not None else (),
        recipe=json.loads(run.recipe.read_text(encoding="utf-8")) if run is not None else None,
        examples=shown,
        mistakes=wrong,
    )


def _judged(measured: Evaluation, card: Card, data: Dataset, side: str, bounds: Bounds) -> Evaluation:
    """Say of figures where they come from, what they are worth, and whether they suffice."""
    where = origin(card, data, side)
    figures = tuple(one.figures for one in measured.classes)
    images = Dataset(data.name, data.examples if side == "all" else data.of(side))
    return replace(
        measured,
        data=f"{data.name} ({side})",
        digest=images.digest(),
        origin=where,
        verdicts=verdicts(card.labels, card.positive, figures, bounds, where),
        flags=flags(
            where,
            accuracy=measured.accuracy,
            auroc=measured.auroc,
            figures=figures,
            labels=card.labels,
            patients_known=measured.patients is not None,
            strange=measured.out_of_distribution,
        ),
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


def _leakage(data: Dataset) -> str:
    """Look for patients and exact copies on more than one side of the split."""
    sides: dict[str, set[str]] = defaultdict(set)
    for example in data.examples:
        for name in filter(None, (example.patient, example.group, example.sha256)):
            sides[name].add(example.split or "unsplit")
    both = sum(len(found) > 1 for found in sides.values())
    looked = "patient and no exact copy" if any(example.patient for example in data.examples) else "exact copy"
    return f"{both} patients or exact copies stand on both sides." if both else f"no {looked} stands on both sides."


@contextmanager
def _pixel_folder(model: Path) -> Iterator[Path]:
    """Where decoded pixels go: beside a run, where its training keeps them; else nowhere for good."""
    kept = model.parent / ".pixels"
    if model.is_dir() and kept.is_dir():
        yield kept
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
