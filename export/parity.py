"""How nearly an exported file gives the answers of the Keras model that it was made from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from export.imageset import ImageSet
from export.profiles import Bounds
from export.told import Told
from xray.card import Card, Interval, OperatingPoint
from xray.decide import probabilities
from xray.statistics import bootstrap, mean_auroc

MOST_LIKELY = "most likely label"


@dataclass(frozen=True)
class Parity:
    """How close an exported file is to its Keras model on one set of images."""

    data: str
    images: int
    auroc_keras: float
    auroc_file: Interval
    """With its 95 % interval, drawing patients anew."""
    auroc_difference: Interval
    """The file's less the Keras model's, on the same images: what makes an image hard makes it hard for both. Its 95 %
    interval draws patients anew, for both the same."""
    changed: dict[str, float]
    """Share of images that got another decision, by operating point; with more than two labels another label."""
    changed_by_scores: dict[str, float]
    """The same if the file kept the run's temperature and thresholds: what is left of `changed` without the fitting anew.
    A threshold that sits on a plateau may move far for the smallest change of the scores."""
    score_correlation: float
    cam_correlation: float
    embedding_correlation: float
    largest_difference: float
    """Of a score (logit)."""

    @property
    def auroc_drop(self) -> float:
        return -self.auroc_difference.value

    @property
    def changed_decisions(self) -> float:
        """At the operating point where most changed."""
        return float(np.max(list(self.changed.values())))  # unlike max(), NaN if any is

    def faults(self, bounds: Bounds) -> list[str]:
        """Say in words where it misses the bounds."""
        found = []
        if not self.auroc_drop <= bounds.auroc_drop:  # so that NaN is a fault, here and below
            found.append(
                f"{self.data}: AUROC fell by {self.auroc_drop:.4f}, at most {bounds.auroc_drop:.4f} is allowed"
            )
        for point, share in self.changed.items():
            if not share <= bounds.changed_decisions:
                found.append(
                    f"{self.data}: {share:.2%} of the decisions changed ({point}; "
                    f"{self.changed_by_scores[point]:.2%} had its threshold stayed), "
                    f"at most {bounds.changed_decisions:.2%} is allowed"
                )
        for name in ("score", "cam", "embedding"):
            correlation = getattr(self, f"{name}_correlation")
            if not correlation >= bounds.correlation:
                found.append(
                    f"{self.data}: the {name}s correlate by {correlation:.4f}, at least {bounds.correlation} is wanted"
                )
        return found


@dataclass(frozen=True)
class Side:
    """One of the two that are compared, and the card that it decides by."""

    told: Told
    card: Card

    def of(self, chosen: NDArray[np.bool_]) -> "Side":
        return Side(self.told.of(chosen), self.card)

    def probabilities(self) -> NDArray[np.float64]:
        return probabilities(self.told.scores, self.card.temperature)

    def decisions(self) -> dict[str, NDArray[np.int64]]:
        """The label that each image is given, by operating point."""
        shares = self.probabilities()
        if self.card.positive is None:
            return {MOST_LIKELY: np.asarray(shares.argmax(axis=1))}
        positive = shares[:, self.card.labels.index(self.card.positive)]
        return {point.name: _above(positive, point) for point in self.card.operating_points}


def compare(images: ImageSet, keras: Side, file: Side) -> tuple[Parity, ...]:
    """Compare both on the plain and on the shifted images of a set.

    Each side decides by its own card, as a worker would: the run's, and the one fitted on the file. The plain images
    alone hide what quantization does: a file of equal AUROC there lost 6 % of its decisions elsewhere.
    """
    return tuple(
        _compare(name, keras.of(chosen), file.of(chosen), images.labels[chosen], images.patients[chosen])
        for name, chosen in images.parts()
    )


def _above(shares: NDArray[np.float64], point: OperatingPoint) -> NDArray[np.int64]:
    return (shares >= point.threshold).astype(np.int64)


def _compare(name: str, keras: Side, file: Side, labels: NDArray[np.int64], patients: NDArray[np.int64]) -> Parity:
    before, after = keras.probabilities(), file.probabilities()
    was, became, unfitted = keras.decisions(), file.decisions(), Side(file.told, keras.card).decisions()

    def difference(chosen: NDArray[np.int64]) -> float:
        return mean_auroc(after[chosen], labels[chosen]) - mean_auroc(before[chosen], labels[chosen])

    return Parity(
        data=name,
        images=len(labels),
        auroc_keras=mean_auroc(before, labels),
        auroc_file=bootstrap(lambda chosen: mean_auroc(after[chosen], labels[chosen]), patients),
        auroc_difference=bootstrap(difference, patients),
        changed={point: float((was[point] != became[point]).mean()) for point in was},
        changed_by_scores={point: float((was[point] != unfitted[point]).mean()) for point in was},
        score_correlation=correlation(keras.told.scores, file.told.scores),
        cam_correlation=correlation(keras.told.cams, file.told.cams),
        embedding_correlation=correlation(keras.told.embeddings, file.told.embeddings),
        largest_difference=float(np.abs(keras.told.scores - file.told.scores).max()),
    )


def correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Pearson's correlation over all values; NaN where a side is constant."""
    if not one.std() or not other.std():
        return float("nan")
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
