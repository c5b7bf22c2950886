"""Scores and card to finding: calibration, operating point, uncertain, out of distribution."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray.card import Card, OperatingPoint
from xray.distance import distance
from xray.runtime import Prediction


@dataclass(frozen=True)
class Finding:
    """What the model says about one radiograph."""

    scores: dict[str, float]
    """Logits by label."""
    probabilities: dict[str, float]
    """By label, after temperature; they sum to 1."""
    label: str
    """The finding: the most likely label, or, at an operating point, the label on whose side it falls."""
    decision: str
    """`positive`, `negative` or `uncertain`; with more than two labels the most likely label, or `uncertain`."""
    operating_point: OperatingPoint | None
    distance: float | None
    """How unlike the training images, 1 being typical; None where the card knows none."""
    out_of_distribution: bool
    """Beyond the card's limit: the decision is then `uncertain`, whatever the probability."""


def probabilities(scores: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Softmax of scores / temperature over the last axis: logits of shape (…, labels) to probabilities."""
    scaled = scores.astype(np.float64) / temperature
    if not np.isfinite(scaled).all():
        raise ValueError("the model gave scores that are not numbers")
    raised = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def decide(
    prediction: Prediction,
    card: Card,
    arrays: dict[str, NDArray[np.float32]],
    operating_point: OperatingPoint | None,
) -> Finding:
    """Turn a prediction into a finding, with nothing but what the model's own card holds."""
    shares = probabilities(prediction.scores, card.temperature)
    away = distance(prediction.embedding, arrays)
    strange = away is not None and card.out_of_distribution_limit is not None and away > card.out_of_distribution_limit
    label = card.labels[int(shares.argmax())]
    decision = label
    if operating_point is not None and card.positive is not None:
        positive = float(shares[card.labels.index(card.positive)])
        above = positive >= operating_point.threshold
        label = card.positive if above else next(one for one in card.labels if one != card.positive)
        decision = "positive" if above else "negative"
        band = operating_point.uncertain
        if band is not None and band.low <= positive < band.high:
            decision = "uncertain"
    return Finding(
        scores=dict(zip(card.labels, map(float, prediction.scores), strict=True)),
        probabilities=dict(zip(card.labels, map(float, shares), strict=True)),
        label=label,
        decision="uncertain" if strange else decision,
        operating_point=operating_point,
        distance=away,
        out_of_distribution=strange,
    )
