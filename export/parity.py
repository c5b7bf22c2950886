"""The release gate: run the exported file, and compare it with its Keras model before anything is written."""

from dataclasses import dataclass

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray
from tqdm import tqdm

from export.profiles import Bounds
from export.source import Source
from xray.card import Interval
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
    largest_difference: float
    """Of a score (logit)."""

    @property
    def auroc_drop(self) -> float:
        return self.auroc_keras - self.auroc_file.value

    def faults(self, bounds: Bounds) -> list[str]:
        """Say in words where it misses the bounds."""
        found = []
        if self.auroc_drop > bounds.auroc_drop:
            found.append(f"{self.data}: AUROC fell by {self.auroc_drop:.4f}, at most {bounds.auroc_drop} is allowed")
        if self.changed_decisions > bounds.changed_decisions:
            found.append(
                f"{self.data}: {self.changed_decisions:.2%} of the decisions changed, "
                f"at most {bounds.changed_decisions:.2%} is allowed"
            )
        if not self.score_correlation >= bounds.correlation:
            found.append(
                f"{self.data}: the scores correlate by {self.score_correlation:.4f}, at least {bounds.correlation} is wanted"
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
    scores, embeddings, features = both.predict(images.astype(np.float32), batch_size=32, verbose=0)
    return Told(scores, embeddings, features @ kernel)


def compare(source: Source, keras_told: Told, file_told: Told) -> tuple[Parity, ...]:
    """Compare both on the plain and on the shifted validation images.

    The plain ones alone hide what quantization does: a file of equal AUROC there lost 6 % of its decisions elsewhere.
    """
    return tuple(
        _compare(name, keras_told.of(chosen), file_told.of(chosen), source.labels[chosen], source.patients[chosen])
        for name, chosen in (("validation", ~source.shifted), ("validation, shifted", source.shifted))
    )


def finite(told: Told) -> bool:
    """Whether every output is a number: a converter can succeed and write NaN."""
    return all(bool(np.isfinite(values).all()) for values in (told.scores, told.embeddings, told.cams))


def _compare(name: str, reference: Told, told: Told, labels: NDArray[np.int64], patients: NDArray[np.int64]) -> Parity:
    shares = probabilities(told.scores, 1.0)
    return Parity(
        data=name,
        images=len(labels),
        auroc_keras=mean_auroc(probabilities(reference.scores, 1.0), labels),
        auroc_file=bootstrap(lambda chosen: mean_auroc(shares[chosen], labels[chosen]), patients),
        changed_decisions=float((reference.scores.argmax(axis=1) != told.scores.argmax(axis=1)).mean()),
        score_correlation=_correlation(reference.scores, told.scores),
        cam_correlation=_correlation(reference.cams, told.cams),
        largest_difference=float(np.abs(reference.scores - told.scores).max()),
    )


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
