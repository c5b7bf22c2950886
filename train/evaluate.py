"""Measuring a model on labelled images: the same code for a run and for an exported file."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train import dataset as datasets
from train.pixels import cached
from train.scoring import load
from train.split import split as split_by_patient
from xray.calibration import operating_point
from xray.card import Card, Interval, OperatingPoint
from xray.decide import probabilities
from xray.errors import SetupError
from xray.statistics import bootstrap, brier, calibration_error, log_loss, mean_auroc, wilson


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and on what."""

    model: str
    profile: str
    data: str
    digest: str
    """Of the images measured on."""
    images: int
    patients: int
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

    def text(self) -> str:
        """Say it in words and a table."""
        lines = [
            f"{self.model} ({self.profile}) on {self.data}: {self.images} images of {self.patients} patients",
            f"  AUROC     {_interval(self.auroc)}",
            f"  accuracy  {_interval(self.accuracy)}",
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
    card, score = load(model)
    examples = _choose(data, split, card)
    with tempfile.TemporaryDirectory() as folder:
        images = cached(examples, card.input, Path(folder), workers=workers, title="decoding")
    shares = probabilities(score(images)[0], card.temperature)
    labels = np.array([card.labels.index(example.label) for example in examples])
    patients = np.unique([example.patient for example in examples], return_inverse=True)[1]
    told = measure(card, shares, labels, patients, data=f"{data.name} ({split})", digest=_digest(examples))
    if out is not None:
        from train.report.picture import evaluation_picture

        out.mkdir(parents=True, exist_ok=True)
        (out / "metrics.json").write_text(json.dumps(asdict(told), indent=1) + "\n")
        evaluation_picture(told, card, shares, labels, out / "evaluation.png")
    return told.text()


def measure(
    card: Card,
    shares: NDArray[np.float64],
    labels: NDArray[np.int64],
    patients: NDArray[np.int64],
    *,
    data: str,
    digest: str,
) -> Evaluation:
    """Measure probabilities of shape (images, labels) against the true labels' indices.

    The interval of the AUROC is a bootstrap over patients: several images of one child are not several children.
    """
    found = shares.argmax(axis=1)
    points: tuple[OperatingPoint, ...] = ()
    if card.positive is not None:
        index = card.labels.index(card.positive)
        chosen = card.operating_points[0]
        found = np.where(shares[:, index] >= chosen.threshold, index, 1 - index)
        points = tuple(
            operating_point(one.name, one.threshold, shares[:, index], labels == index) for one in card.operating_points
        )
    confusion = np.zeros((len(card.labels), len(card.labels)), int)
    np.add.at(confusion, (labels, found), 1)
    area: Callable[[NDArray[np.int64]], float] = lambda chosen: mean_auroc(shares[chosen], labels[chosen])  # noqa: E731
    return Evaluation(
        model=f"{card.name} {card.version}",
        profile=card.profile,
        data=data,
        digest=digest,
        images=labels.size,
        patients=int(patients.max()) + 1,
        labels=card.labels,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        accuracy=wilson(int((found == labels).sum()), labels.size),
        auroc=bootstrap(area, patients),
        log_loss=log_loss(shares, labels),
        brier=brier(shares, labels),
        calibration_error=calibration_error(shares, labels),
        operating_points=points,
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
    examples = found.examples if split == "all" else found.of(split)
    if not examples:
        raise SetupError(f"{data} has no images in the split {split!r}; it has {', '.join(found.counts())}")
    return examples


def _digest(examples: tuple[datasets.Example, ...]) -> str:
    return datasets.Dataset("measured", examples).digest()


def _interval(share: Interval) -> str:
    return f"{share.value:.4f} ({share.low:.4f}–{share.high:.4f})"
