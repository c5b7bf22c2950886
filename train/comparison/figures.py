"""The figures of each model on one set of images, and whether two models differ in them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from train.comparison.part import Part
from train.statistics import Discordant, Paired, clustered_share, delong, holm, mcnemar, paired_bootstrap
from xray.card import Card, Interval
from xray.decide import probabilities
from xray.errors import SetupError
from xray.statistics import bootstrap, brier, calibration_error, log_loss, mean_auroc

ALL_PAIRS = 4
"""Up to so many models each is compared with each; of more only with the first."""


@dataclass(frozen=True)
class Standing:
    """One model on one set of images. All intervals know that a patient's images go together."""

    auroc: Interval
    """Of the finding; with more than two labels the mean of each against the rest."""
    log_loss: float
    brier: float
    calibration_error: float
    accuracy: Interval
    """Of the decisions at the operating point, or of the most likely label with more than two."""
    operating_point: str | None
    """The default one of the model's card; None with more than two labels."""
    threshold: float | None
    sensitivity: Interval | None
    specificity: Interval | None
    shares: NDArray[np.float64]
    """Probabilities, shape (images, labels)."""
    right: NDArray[np.bool_]
    """Whether the decision is the true label, shape (images,)."""


@dataclass(frozen=True)
class LabelDifference:
    """DeLong's test of one label against the rest."""

    label: str
    auroc: Paired
    corrected_p: float


@dataclass(frozen=True)
class Difference:
    """Two models on the same images, first minus second. Corrected p: by Holm, for all that is asked of these images."""

    first: str
    second: str
    auroc: Paired
    """By a bootstrap over patients; with more than two labels of the mean."""
    auroc_corrected_p: float
    delong: tuple[LabelDifference, ...]
    """Takes every image as independent. One entry for two labels, one for each label with more."""
    decisions: Discordant
    decisions_corrected_p: float


def standing(card: Card, scores: NDArray[np.float32], part: Part) -> Standing:
    """Measure one model.

    Args:
        card: Its temperature and default operating point are used.
        scores: Logits, shape (images, labels).
        part: The images.

    Raises:
        SetupError: All images are of one label.
    """
    labels, patients = part.labels, part.patients
    if np.unique(labels).size < 2:
        raise SetupError(f"all images of {part.name} are of one label; expected two or more to compare on")
    shares = probabilities(scores, card.temperature)
    point = card.operating_point()
    found = shares.argmax(axis=1)
    sensitivity = specificity = None
    if point is not None and card.positive is not None:
        index = card.labels.index(card.positive)
        found = np.where(shares[:, index] >= point.threshold, index, 1 - index)
        has_label = labels == index
        sensitivity = clustered_share(found[has_label] == index, patients[has_label])
        specificity = clustered_share(found[~has_label] != index, patients[~has_label])
    return Standing(
        auroc=bootstrap(lambda chosen: mean_auroc(shares[chosen], labels[chosen]), patients),
        log_loss=log_loss(shares, labels),
        brier=brier(shares, labels),
        calibration_error=calibration_error(shares, labels),
        accuracy=clustered_share(found == labels, patients),
        operating_point=point.name if point else None,
        threshold=point.threshold if point else None,
        sensitivity=sensitivity,
        specificity=specificity,
        shares=shares,
        right=found == labels,
    )


def differences(names: Sequence[str], standings: Sequence[Standing], part: Part, card: Card) -> tuple[Difference, ...]:
    """Test every pair of models, or with many the first against every other.

    Args:
        names: Of the models.
        standings: Likewise.
        part: The images.
        card: Of any of them: they have the same labels.
    """
    everyone = range(len(names))
    pairs = list(itertools.combinations(everyone, 2)) if len(names) <= ALL_PAIRS else [(0, at) for at in everyone[1:]]
    found = [
        _difference(names[one], names[other], standings[one], standings[other], part, card) for one, other in pairs
    ]
    by_bootstrap = holm([one.auroc.p for one in found])
    by_decisions = holm([one.decisions.p for one in found])
    by_label = iter(holm([label.auroc.p for one in found for label in one.delong]))
    return tuple(
        replace(
            one,
            auroc_corrected_p=auroc_p,
            delong=tuple(replace(label, corrected_p=next(by_label)) for label in one.delong),
            decisions_corrected_p=decisions_p,
        )
        for one, auroc_p, decisions_p in zip(found, by_bootstrap, by_decisions, strict=True)
    )


def _difference(first: str, second: str, one: Standing, other: Standing, part: Part, card: Card) -> Difference:
    """Test one pair; nothing is corrected yet."""
    shown = (
        [card.labels.index(card.positive)] if card.positive is not None else [int(at) for at in np.unique(part.labels)]
    )
    has_label = part.labels[:, np.newaxis] == shown
    auroc = paired_bootstrap(one.shares[:, shown], other.shares[:, shown], has_label, part.patients)
    by_label = []
    for index in shown:
        told = delong(one.shares[:, index], other.shares[:, index], part.labels == index)
        by_label.append(LabelDifference(card.labels[index], told, told.p))
    decisions = mcnemar(one.right, other.right, part.patients)
    return Difference(first, second, auroc, auroc.p, tuple(by_label), decisions, decisions.p)
