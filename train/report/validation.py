"""How a run holds up when its own validation images are shifted: the nearest thing to another hospital that it has."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.learning.validation import Score, ValidationSet
from train.statistics import clustered_share
from xray.card import Card, Interval
from xray.decide import probabilities
from xray.statistics import bootstrap, calibration_error, log_loss, mean_auroc


@dataclass(frozen=True)
class Held:
    """Figures on one kind of validation images; intervals over patients."""

    name: str
    images: int
    auroc: Interval
    accuracy: Interval
    """Of the most likely label."""
    log_loss: float
    calibration_error: float


def held(card: Card, score: Score, validation: ValidationSet) -> tuple[Held, ...]:
    """Score a run's validation images as they are and shifted."""
    kinds = (("as they are", False), ("shifted", True))
    return tuple(_held(name, card, score, validation.part(shifted=shifted)) for name, shifted in kinds)


def _held(name: str, card: Card, score: Score, images: ValidationSet) -> Held:
    shares = probabilities(score(images.images)[0], card.temperature)
    labels = images.labels

    def area(drawn: NDArray[np.int64]) -> float:
        return mean_auroc(shares[drawn], labels[drawn])

    return Held(
        name=name,
        images=labels.size,
        auroc=bootstrap(area, images.patients),
        accuracy=clustered_share(shares.argmax(axis=1) == labels, images.patients),
        log_loss=log_loss(shares, labels),
        calibration_error=calibration_error(shares, labels),
    )
