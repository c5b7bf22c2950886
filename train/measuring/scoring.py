"""One way to score images, whatever holds the model: a run's Keras model or an exported file."""

from pathlib import Path
from typing import TYPE_CHECKING, Union

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from train.learning.validation import Score
from train.measuring import keras_file
from train.run import Run
from xray import model_file
from xray.card import Card
from xray.errors import SetupError
from xray.runtime import Predictor

if TYPE_CHECKING:  # a .tflite file is scored without TensorFlow
    import tf_keras as keras


def keras_score(model: "keras.Model") -> Score:
    """Score with a Keras model that has the layers `embedding` and `scores`."""
    import tf_keras as keras

    both = keras.Model(model.input, [model.output, model.get_layer("embedding").output])

    def score(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        scores, embeddings = both.predict(images, batch_size=64, verbose=0)
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


def open_model(location: Path) -> tuple[Card, Union["keras.Model", Predictor], dict[str, NDArray[np.float32]]]:
    """Open a run's folder or a .tflite file: its card, what computes, and the card's arrays.

    Raises:
        SetupError: It is neither, or the run was never finished.
    """
    if location.is_file():
        file = model_file.read(location)
        return file.card, Predictor(file.content), file.arrays
    run = Run(location)
    if not run.card.is_file():
        raise SetupError(f"{location} is neither a model file nor a finished run (it has no card.json)")
    with np.load(run.arrays, allow_pickle=False) as arrays:
        kept = dict(arrays)
    return run.read_card(), keras_file.load(run.model), kept


def scorer(model: Union["keras.Model", Predictor]) -> Score:
    """Tell how whatever `open_model` opened scores images."""
    return file_score(model) if isinstance(model, Predictor) else keras_score(model)


def load(location: Path) -> tuple[Card, Score, dict[str, NDArray[np.float32]]]:
    """Open a model as `open_model` does, for scoring only."""
    card, model, arrays = open_model(location)
    return card, scorer(model), arrays
