"""Fitting what a card says of its scores: temperature, operating points, the uncertain band, the limit of likeness.

Lives in the kernel because a run fits it for the Keras model and export fits it again for each exported file: a
threshold chosen before quantization is another model's threshold.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xray import distance as likeness
from xray.card import Card, OperatingPoint, UncertainBand
from xray.decide import probabilities
from xray.statistics import log_loss, wilson

BAND_QUANTILE = 0.02
LIKENESS_QUANTILE = 0.995
HISTOGRAM_BINS = 20


@dataclass(frozen=True)
class Outputs:
    """What a model gave for a set of labelled images."""

    scores: NDArray[np.float32]
    """Logits, shape (images, labels)."""
    embeddings: NDArray[np.float32]
    """Shape (images, d)."""
    labels: NDArray[np.int64]
    """Index of the true label, shape (images,)."""


def calibrate(
    card: Card, validation: Outputs, training_embeddings: NDArray[np.float32], described: str
) -> tuple[Card, dict[str, NDArray[np.float32]]]:
    """Fit everything that depends on the scores of one particular graph.

    Args:
        card: Its labels and `positive` are used; its fitted fields are replaced.
        validation: Outputs on images that were not trained on, shifted as other hospitals would shift them.
        training_embeddings: Embeddings of training images, shape (images, d): what counts as usual.
        described: On which images this was fitted, in words, for the card.

    Returns:
        The card with its fitted fields, and its arrays.
    """
    temperature = fit_temperature(validation.scores, validation.labels)
    shares = probabilities(validation.scores, temperature)
    arrays = likeness.fit(training_embeddings)
    distances = [likeness.distance(one, arrays) for one in validation.embeddings]
    binary = card.positive is not None
    shown = shares[:, card.labels.index(card.positive)] if card.positive is not None else shares.max(axis=1)
    positive = validation.labels == (card.labels.index(card.positive) if card.positive is not None else -1)
    histogram, _ = np.histogram(shown, bins=HISTOGRAM_BINS, range=(0, 1))
    fitted = replace(
        card,
        temperature=temperature,
        operating_points=operating_points(shown, positive) if binary else (),
        out_of_distribution_limit=float(np.quantile(np.array(distances, float), LIKENESS_QUANTILE)),
        calibrated_on=described,
        score_histogram=tuple(int(count) for count in histogram),
    )
    return fitted, arrays


def fit_temperature(scores: NDArray[np.float32], labels: NDArray[np.integer]) -> float:
    """Find the temperature of least log loss by golden-section search over its logarithm (0.05 .. 20).

    The log loss is unimodal in the temperature: convex in its inverse (Guo et al., ICML 2017, section 4.2). Each label
    weighs the same, whatever its number of images: probabilities are those of a population in which each label is
    equally frequent, as in the balanced batches that the model was trained on.
    """
    low, high = np.log(0.05), np.log(20.0)
    golden = (np.sqrt(5) - 1) / 2
    present = [np.flatnonzero(labels == label) for label in np.unique(labels)]

    def loss(exponent: float) -> float:
        shares = probabilities(scores, float(np.exp(exponent)))
        return float(np.mean([log_loss(shares[members], labels[members]) for members in present]))

    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def operating_points(shares: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[OperatingPoint, ...]:
    """Three thresholds on the probability of the positive label; the first is the default.

    `balanced` is as good as the largest sensitivity + specificity (Youden 1950) as far as these images can tell,
    `half` is 0.5, `sensitivity95` is the highest threshold that finds at least 95 % of the positives.
    """
    return (
        operating_point("balanced", _youden(shares, positive), shares, positive),
        operating_point("half", 0.5, shares, positive),
        operating_point("sensitivity95", _reaching(0.95, shares[positive]), shares, positive),
    )


def operating_point(
    name: str, threshold: float, shares: NDArray[np.float64], positive: NDArray[np.bool_]
) -> OperatingPoint:
    """Measure a threshold: `probability >= threshold` is called positive. Its band is fitted on the same images."""
    called = shares >= threshold
    return OperatingPoint(
        name=name,
        threshold=threshold,
        sensitivity=wilson(int((called & positive).sum()), int(positive.sum())),
        specificity=wilson(int((~called & ~positive).sum()), int((~positive).sum())),
        uncertain=uncertain_band(shares, positive, threshold),
    )


def uncertain_band(shares: NDArray[np.float64], positive: NDArray[np.bool_], threshold: float) -> UncertainBand | None:
    """Between the lowest positives and the highest negatives the model cannot tell; the threshold lies in between.

    None where positives and negatives do not overlap at all, or one of them is missing.
    """
    if positive.all() or not positive.any():
        return None
    low = float(np.quantile(shares[positive], BAND_QUANTILE))
    high = float(np.quantile(shares[~positive], 1 - BAND_QUANTILE))
    return UncertainBand(min(low, threshold), max(high, threshold), BAND_QUANTILE) if low < high else None


def _youden(shares: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """The highest threshold whose sensitivity + specificity is within one standard error of the best.

    The exact maximum of a step function hangs on single images; around it lies a stretch of thresholds that this
    sample cannot tell apart (the one-standard-error rule: Breiman et al. 1984, section 3.4.3). Of these the highest is
    taken, because strangeness looks like disease to a classifier: normal images of unseen origin score higher than
    those of the validation fold, and hardly any positives are lost on the way up.
    """
    candidates = np.unique(shares)
    count, others = int(positive.sum()), int((~positive).sum())
    sensitivity = 1 - np.searchsorted(np.sort(shares[positive]), candidates, side="left") / count
    specificity = np.searchsorted(np.sort(shares[~positive]), candidates, side="left") / others
    total = sensitivity + specificity
    best = int(total.argmax())
    variance = (
        sensitivity[best] * (1 - sensitivity[best]) / count + specificity[best] * (1 - specificity[best]) / others
    )
    return float(candidates[total >= total[best] - np.sqrt(variance)].max())


def _reaching(share: float, positives: NDArray[np.float64]) -> float:
    descending = np.sort(positives)[::-1]
    return float(descending[int(np.ceil(share * descending.size)) - 1])
