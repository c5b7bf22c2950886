"""One way to score images, whatever holds the model: a run's Keras model or an exported file."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from train.run import Run
from train.validation import Score
from xray import model_file
from xray.card import Card
from xray.errors import SetupError
from xray.runtime import Predictor


def keras_score(model: "keras.Model") -> Score:  # type: ignore[name-defined]  # noqa: F821
    """Score with a Keras model that has the layers `embedding` and `scores`."""
    import tf_keras as keras

    both = keras.Model(model.input, [model.output, model.get_layer("embedding").output])

    def score(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        scores, embeddings = both.predict(images.astype(np.float32), batch_size=64, verbose=0)
        return scores, embeddings

    return score


def file_score(predictor: Predictor) -> Score:
    """Score with an exported file, image by image, as the worker does."""

    def score(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        told = [
            predictor.predict(image) for image in tqdm(images, desc="scoring", unit="image", leave=False, disable=None)
        ]
        return np.stack([one.scores for one in told]), np.stack([one.embedding for one in told])

    return score


def load(location: Path) -> tuple[Card, Score]:
    """Load a run's directory or a .tflite file.

    Raises:
        SetupError: It is neither, or the run was never finished.
    """
    if location.is_file():
        file = model_file.read(location)
        return file.card, file_score(Predictor(file.content))
    run = Run(location)
    if not run.card.is_file():
        raise SetupError(f"{location} is neither a model file nor a finished run (it has no card.json)")
    import tf_keras as keras

    return Card.from_json(run.card.read_text()), keras_score(keras.models.load_model(run.model, compile=False))
