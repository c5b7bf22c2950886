"""Measuring what a model gave for labelled images."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from train.measuring.evaluation import HISTOGRAM_BINS, Evaluation, LabelFigures, Ranking
from train.measuring.reliability import reliability
from train.statistics import (
    ClassFigures,
    by_class,
    clustered_share,
    noise_floor,
    precision_recall_band,
    roc_band,
)
from xray.calibration import Outputs
from xray.card import Card, OperatingPoint
from xray.decide import Finding, decide, probabilities
from xray.errors import SetupError
from xray.runtime import Prediction
from xray.statistics import auroc, bootstrap, brier, calibration_error, log_loss, mean_auroc

_NO_MAP = np.zeros((0, 0, 0), np.float32)


def findings(card: Card, arrays: dict[str, NDArray[np.float32]], told: Outputs) -> tuple[Finding, ...]:
    """Turn what a model gave into findings, each as a worker would."""
    point = card.operating_point()
    return tuple(
        decide(Prediction(scores, _NO_MAP, embedding), card, arrays, point)
        for scores, embedding in zip(told.scores, told.embeddings, strict=True)
    )


def measure(
    card: Card, arrays: dict[str, NDArray[np.float32]], told: Outputs, patients: NDArray[np.int64] | None
) -> Evaluation:
    """Measure what a model gave for labelled images, each turned into a finding as a worker would.

    All intervals know of patients, because several images of one child are not several children: those of areas and
    curves draw whole patients, those of shares are Wilson's for as many images as these are worth.

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
    decided = findings(card, arrays, told)
    found = np.array([card.labels.index(finding.label) for finding in decided])
    confusion = np.zeros((len(card.labels), len(card.labels)), int)
    np.add.at(confusion, (labels, found), 1)
    whose = np.arange(labels.size) if patients is None else patients
    positive = None if card.positive is None else card.labels.index(card.positive)
    if positive is None:
        likely, right = shares.max(axis=1), shares.argmax(axis=1) == labels
        spread = shares[np.arange(labels.size), labels]
    else:
        likely, right = shares[:, positive], labels == positive
        spread = likely
    return Evaluation(
        model=f"{card.name} {card.version}",
        profile=card.profile,
        data="",
        digest="",
        origin=None,
        images=labels.size,
        patients=None if patients is None else np.unique(patients).size,
        labels=card.labels,
        positive=card.positive,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        accuracy=clustered_share(found == labels, whose),
        auroc=bootstrap(lambda drawn: mean_auroc(shares[drawn], labels[drawn]), whose),
        classes=tuple(
            LabelFigures(
                label,
                _figures(figures, labels == index, found == index, whose),
                _ranking(shares[:, index], labels == index, whose) if positive in (None, index) else None,
            )
            for index, (label, figures) in enumerate(zip(card.labels, by_class(confusion), strict=True))
        ),
        log_loss=log_loss(shares, labels),
        brier=brier(shares, labels),
        calibration_error=calibration_error(shares, labels),
        floor=noise_floor(shares),
        reliability=reliability(likely, right, whose),
        histogram=tuple(
            tuple(map(int, np.histogram(spread[labels == index], bins=HISTOGRAM_BINS, range=(0, 1))[0]))
            for index in range(len(card.labels))
        ),
        operating_points=tuple(_point(one, likely, right, whose) for one in card.operating_points),
        uncertain=clustered_share(np.array([finding.decision == "uncertain" for finding in decided]), whose),
        out_of_distribution=clustered_share(np.array([finding.out_of_distribution for finding in decided]), whose),
    )


def _figures(
    counted: ClassFigures, true: NDArray[np.bool_], called: NDArray[np.bool_], patients: NDArray[np.int64]
) -> ClassFigures:
    """Give the figures of one label intervals that know of patients."""
    return replace(
        counted,
        precision=clustered_share(true[called], patients[called]),
        sensitivity=clustered_share(called[true], patients[true]),
        specificity=clustered_share(~called[~true], patients[~true]),
    )


def _point(
    point: OperatingPoint, shares: NDArray[np.float64], positive: NDArray[np.bool_], patients: NDArray[np.int64]
) -> OperatingPoint:
    """Measure one of the card's thresholds; its band stays the card's."""
    called = shares >= point.threshold
    return replace(
        point,
        sensitivity=clustered_share(called[positive], patients[positive]),
        specificity=clustered_share(~called[~positive], patients[~positive]),
    )


def _ranking(shares: NDArray[np.float64], positive: NDArray[np.bool_], patients: NDArray[np.int64]) -> Ranking | None:
    if positive.all() or not positive.any():
        return None
    return Ranking(
        auroc=bootstrap(lambda drawn: auroc(shares[drawn], positive[drawn]), patients),
        average_precision=float(average_precision_score(positive, shares)),
        prevalence=float(positive.mean()),
        roc=roc_band(shares, positive, patients),
        precision_recall=precision_recall_band(shares, positive, patients),
    )
