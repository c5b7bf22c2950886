"""The release gate: run the exported file, and compare it with its Keras model before anything is written."""

from dataclasses import dataclass

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray
from tqdm import tqdm

from export.profiles import Bounds
from export.source import Source
from xray.card import Card, Interval
from xray.decide import probabilities
from xray.runtime import Predictor
from xray.statistics import bootstrap, mean_auroc


@dataclass(frozen=True)
class Told:
    """What a model says about a set of images."""

    scores: NDArray[np.float32]
    """Shape (N, labels)."""
    embeddings: NDArray[np.float32]
    """Shape (N, d)."""
    cams: NDArray[np.float32]
    """Shape (N, h, w, labels)."""

    def of(self, chosen: NDArray[np.bool_]) -> "Told":
        return Told(self.scores[chosen], self.embeddings[chosen], self.cams[chosen])


@dataclass(frozen=True)
class Parity:
    """How close an exported file is to its Keras model on one set of images."""

    data: str
    images: int
    auroc_keras: float
    auroc_file: Interval
    """With its 95 % interval, drawing patients anew."""
    changed_decisions: float
    score_correlation: float
    cam_correlation: float
    embedding_correlation: float
    largest_difference: float
    """Of a score (logit)."""

    @property
    def auroc_drop(self) -> float:
        return self.auroc_keras - self.auroc_file.value

    def faults(self, bounds: Bounds) -> list[str]:
        """Say in words where it misses the bounds."""
        found = []
        if not self.auroc_drop <= bounds.auroc_drop:  # so that NaN is a fault, here and below
            found.append(f"{self.data}: AUROC fell by {self.auroc_drop:.4f}, at most {bounds.auroc_drop} is allowed")
        if not self.changed_decisions <= bounds.changed_decisions:
            found.append(
                f"{self.data}: {self.changed_decisions:.2%} of the decisions changed, "
                f"at most {bounds.changed_decisions:.2%} is allowed"
            )
        for name in ("score", "cam", "embedding"):
            correlation = getattr(self, f"{name}_correlation")
            if not correlation >= bounds.correlation:
                found.append(
                    f"{self.data}: the {name}s correlate by {correlation:.4f}, at least {bounds.correlation} is wanted"
                )
        return found


def run_file(predictor: Predictor, images: NDArray[np.uint8], title: str) -> Told:
    """Run an exported file image by image, as the worker does."""
    told = [predictor.predict(image) for image in tqdm(images, desc=title, unit="image", leave=False, disable=None)]
    return Told(*(np.stack([getattr(one, name) for one in told]) for name in ("scores", "embedding", "cam")))


def run_keras(model: keras.Model, images: NDArray[np.uint8]) -> Told:
    """Run the Keras model that a file was made from."""
    kernel = model.get_layer("scores").get_weights()[0]
    both = keras.Model(
        model.input, [model.output, *(model.get_layer(name).output for name in ("embedding", "features"))]
    )
    scores, embeddings, features = both.predict(images, batch_size=32, verbose=0)
    return Told(scores, embeddings, features @ kernel)


def compare(source: Source, keras_told: Told, file_told: Told, card: Card) -> tuple[Parity, ...]:
    """Compare both on the plain and on the shifted validation images.

    Each side decides by its own card, as a worker would: the run's, and the one fitted on the file.

    The plain ones alone hide what quantization does: a file of equal AUROC there lost 6 % of its decisions elsewhere.
    """
    return tuple(
        _compare(
            name,
            Side(keras_told.of(chosen), source.card),
            Side(file_told.of(chosen), card),
            source.labels[chosen],
            source.patients[chosen],
        )
        for name, chosen in (("validation", ~source.shifted), ("validation, shifted", source.shifted))
    )


def finite(told: Told) -> bool:
    """Whether every output is a number: a converter can succeed and write NaN."""
    return all(bool(np.isfinite(values).all()) for values in (told.scores, told.embeddings, told.cams))


@dataclass(frozen=True)
class Side:
    """One of the two that are compared, and the card that it decides by."""

    told: Told
    card: Card

    def probabilities(self) -> NDArray[np.float64]:
        return probabilities(self.told.scores, self.card.temperature)

    def decisions(self) -> NDArray[np.int64]:
        """The label that each image is given: by the default operating point where there is one."""
        shares, point = self.probabilities(), self.card.operating_point()
        if point is None or self.card.positive is None:
            return np.asarray(shares.argmax(axis=1))
        return (shares[:, self.card.labels.index(self.card.positive)] >= point.threshold).astype(np.int64)


def _compare(name: str, reference: Side, file: Side, labels: NDArray[np.int64], patients: NDArray[np.int64]) -> Parity:
    shares, before, after = file.probabilities(), reference.told, file.told
    return Parity(
        data=name,
        images=len(labels),
        auroc_keras=mean_auroc(reference.probabilities(), labels),
        auroc_file=bootstrap(lambda chosen: mean_auroc(shares[chosen], labels[chosen]), patients),
        changed_decisions=float((reference.decisions() != file.decisions()).mean()),
        score_correlation=_correlation(before.scores, after.scores),
        cam_correlation=_correlation(before.cams, after.cams),
        embedding_correlation=_correlation(before.embeddings, after.embeddings),
        largest_difference=float(np.abs(before.scores - after.scores).max()),
    )


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    if not one.std() or not other.std():
        return float("nan")
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
