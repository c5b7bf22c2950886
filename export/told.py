"""Running a model over a set of images: the Keras model of a run, or an exported file. The one place in export for both."""

from dataclasses import dataclass

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray
from tqdm import tqdm

from xray.runtime import Predictor


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

    @property
    def finite(self) -> bool:
        """Whether every output is a number: a converter can succeed and write NaN."""
        return all(bool(np.isfinite(values).all()) for values in (self.scores, self.embeddings, self.cams))


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
