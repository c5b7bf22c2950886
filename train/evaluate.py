"""Measuring a model on labelled images: the same code for a run and for an exported file."""

import json
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train import dataset as datasets
from train.pixels import cached
from train.prepare import label_numbers, patient_numbers
from train.scoring import load
from train.split import split as split_by_patient
from xray.calibration import Outputs, operating_point
from xray.card import Card, Interval, OperatingPoint
from xray.decide import decide, probabilities
from xray.errors import SetupError
from xray.runtime import Prediction
from xray.statistics import bootstrap, brier, calibration_error, log_loss, mean_auroc, wilson

_NO_MAP = np.zeros((0, 0, 0), np.float32)


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and on what."""

    model: str
    profile: str
    data: str
    digest: str
    """Of the images measured on."""
    images: int
    patients: int | None
    """None where nobody says whose the images are."""
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Rows are the true labels, columns the most likely (at the operating point, where there is one)."""
    accuracy: Interval
    auroc: Interval
    log_loss: float
    brier: float
    calibration_error: float
    operating_points: tuple[OperatingPoint, ...]
    """The thresholds of the model's own card, measured on these images."""
    uncertain: Interval
    """Share of images that a worker would call uncertain, for whichever reason."""
    out_of_distribution: Interval
    """Share of images beyond the card's limit."""

    @property
    def described(self) -> str:
        """How many images of how many patients."""
        whose = "patients unknown" if self.patients is None else f"{self.patients} patients"
        return f"{self.images} images, {whose}" if self.patients is None else f"{self.images} images of {whose}"

    def text(self) -> str:
        """Say it in words and a table."""
        lines = [
            f"{self.model} ({self.profile}) on {self.data}: {self.described}",
            f"  AUROC     {_interval(self.auroc)}",
            f"  accuracy  {_interval(self.accuracy)}",
            f"  uncertain {_interval(self.uncertain)}, of these unlike the training images: "
            f"{self.out_of_distribution.value:.4f}",
            f"  log loss {self.log_loss:.3f} · Brier {self.brier:.3f} · calibration error {self.calibration_error:.3f}",
        ]
        for point in self.operating_points:
            lines.append(
                f"  {point.name:14s} threshold {point.threshold:.3f}  sensitivity {_interval(point.sensitivity)}  "
                f"specificity {_interval(point.specificity)}"
            )
        width = max(len(label) for label in self.labels) + 2
        lines.append("  true \\ found".ljust(width + 4) + "".join(label.rjust(width) for label in self.labels))
        for label, row in zip(self.labels, self.confusion, strict=True):
            lines.append(f"    {label}".ljust(width + 4) + "".join(str(count).rjust(width) for count in row))
        return "\n".join(lines)


def evaluate(model: Path, data: Path, *, split: str, out: Path | None, workers: int) -> str:
    """Measure a model on a data set; returns the text, and writes metrics.json and evaluation.png into `out`.

    Raises:
        SetupError: The model or the data cannot be read, or the data's labels are not the model's.
    """
    card, score, arrays = load(model)
    examples = _choose(data, split, card)
    _writable(out)
    with tempfile.TemporaryDirectory() as folder:
        images = cached(examples, card.input, Path(folder), workers=workers, title="decoding")
        scores, embeddings = score(images)
    told = measure(card, arrays, Outputs(scores, embeddings, label_numbers(examples, card.labels)), _patients(examples))
    told = replace(told, data=f"{data.name} ({split})", digest=datasets.Dataset("measured", examples).digest())
    if out is not None:
        from train.report.picture import evaluation_picture

        (out / "metrics.json").write_text(json.dumps(asdict(told), indent=1, allow_nan=False) + "\n")
        shares = probabilities(scores, card.temperature)
        evaluation_picture(told, card, shares, label_numbers(examples, card.labels), out / "evaluation.png")
    return told.text()


def _writable(out: Path | None) -> None:
    """Find out before the work, not after it."""
    if out is None:
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"the folder {out} cannot be made ({error.strerror}); choose another --out") from error


def _patients(examples: tuple[datasets.Example, ...]) -> NDArray[np.int64] | None:
    return patient_numbers(examples) if all(example.patient for example in examples) else None


def measure(
    card: Card, arrays: dict[str, NDArray[np.float32]], told: Outputs, patients: NDArray[np.int64] | None
) -> Evaluation:
    """Measure what a model gave for labelled images, each turned into a finding as a worker would.

    The interval of the AUROC is a bootstrap over patients: several images of one child are not several children.

    Args:
        card: The model's, with its temperature and operating points.
        arrays: The card's.
        told: Scores, embeddings and true labels.
        patients: A number for each image's patient; None where that is not known.

    Raises:
        SetupError: All images are of one label: there is nothing to tell apart.
    """
    labels = told.labels
    if np.unique(labels).size < 2:
        raise SetupError("all images are of one label; expected two or more to measure how they are told apart")
    shares = probabilities(told.scores, card.temperature)
    point = card.operating_point()
    findings = [
        decide(Prediction(scores, _NO_MAP, embedding), card, arrays, point)
        for scores, embedding in zip(told.scores, told.embeddings, strict=True)
    ]
    found = np.array([card.labels.index(finding.label) for finding in findings])
    confusion = np.zeros((len(card.labels), len(card.labels)), int)
    np.add.at(confusion, (labels, found), 1)
    points: tuple[OperatingPoint, ...] = ()
    if card.positive is not None:
        index = card.labels.index(card.positive)
        points = tuple(
            operating_point(one.name, one.threshold, shares[:, index], labels == index) for one in card.operating_points
        )
    whose = np.arange(labels.size) if patients is None else patients
    return Evaluation(
        model=f"{card.name} {card.version}",
        profile=card.profile,
        data="",
        digest="",
        images=labels.size,
        patients=None if patients is None else np.unique(patients).size,
        labels=card.labels,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        accuracy=wilson(int((found == labels).sum()), labels.size),
        auroc=bootstrap(lambda chosen: mean_auroc(shares[chosen], labels[chosen]), whose),
        log_loss=log_loss(shares, labels),
        brier=brier(shares, labels),
        calibration_error=calibration_error(shares, labels),
        operating_points=points,
        uncertain=wilson(sum(finding.decision == "uncertain" for finding in findings), labels.size),
        out_of_distribution=wilson(sum(finding.out_of_distribution for finding in findings), labels.size),
    )


def _choose(data: Path, split: str, card: Card) -> tuple[datasets.Example, ...]:
    found = datasets.read(data)
    foreign = set(found.labels) - set(card.labels)
    if foreign:
        raise SetupError(
            f"{data} has labels that the model does not know: {', '.join(sorted(foreign))}; "
            f"it knows {', '.join(card.labels)}"
        )
    if split == "val" and not found.of("val"):
        found, _ = split_by_patient(found, card.seed)
        if found.digest() != card.data.digest:
            raise SetupError(
                f"{data} is not, or no longer, the data that the model was trained on, so its validation images cannot "
                "be told from its training images; use --split all if none of them was trained on"
            )
    examples = found.examples if split == "all" else found.of(split)
    if not examples:
        known = [side for side in found.counts() if side in datasets.SPLITS]
        raise SetupError(f"{data} has no images in the split {split!r}; it has {', '.join([*known, 'all'])}")
    return examples


def _interval(share: Interval) -> str:
    return f"{share.value:.4f} ({share.low:.4f}–{share.high:.4f})"
