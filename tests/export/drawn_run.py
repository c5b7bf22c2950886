"""A run as a training would leave it, made in seconds: pale patches on grey, and a network that learns them in no time.

Exports are tested on what they get, a run folder, and not on what makes it; `test_cli.py` goes the whole way. The labels
are so easy that the scores stand far apart: a decision that changes has a reason.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray

from tests.cards import make_card
from train.learning.finish import finish
from train.learning.validation import make
from train.run import Run
from xray.card import InputSpec
from xray.shift import shifted

SPEC = InputSpec(64, 64)
_LARGE = 90


def write_run(folder: Path) -> Path:
    """Train for some seconds, and write the run."""
    learning, labels = _pictures(np.random.default_rng(1), 96)
    checking, truth = _pictures(np.random.default_rng(2), 48)
    rng = np.random.default_rng(3)
    sample = np.concatenate([_small(learning), np.stack([shifted(one, SPEC, rng) for one in learning])])
    validation = make(_small(checking), checking[..., np.newaxis], truth, np.arange(len(truth)) // 2, SPEC)
    folder.mkdir(parents=True)
    finish(Run(folder), _learnt(sample, np.tile(labels, 2)), replace(make_card(), input=SPEC), sample, validation)
    return folder


def _pictures(rng: np.random.Generator, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Grey noise, and on every other picture a pale patch: uint8, shape (count, 90, 90)."""
    labels = np.arange(count) % 2
    pictures = rng.normal(90, 20, (count, _LARGE, _LARGE))
    for picture, label in zip(pictures, labels, strict=True):
        top, left = rng.integers(20, 40, 2)
        picture[top : top + 30, left : left + 30] += 90 * label
    return np.clip(pictures, 0, 255).astype(np.uint8), labels


def _small(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    middle = (_LARGE - SPEC.height) // 2
    return np.ascontiguousarray(pictures[:, middle : middle + SPEC.height, middle : middle + SPEC.width, np.newaxis])


def _learnt(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> keras.Model:
    keras.utils.set_random_seed(1)
    model = _network()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    model.fit(images, labels, batch_size=32, epochs=12, verbose=0)
    return model


def _network() -> keras.Model:
    layers = keras.layers
    shown = given = layers.Input((SPEC.height, SPEC.width, SPEC.channels))
    shown = layers.Rescaling(1 / 127.5, -1, name="scale")(shown)
    for number, filters in enumerate((8, 16, 16), start=1):
        shown = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False, name=f"conv{number}")(shown)
        shown = layers.BatchNormalization(momentum=0.8, name=f"conv{number}_bn")(shown)
        shown = layers.ReLU(name=f"conv{number}_relu")(shown)
    shown = layers.Activation("linear", name="features")(shown)
    embedding = layers.GlobalAveragePooling2D(name="embedding")(shown)
    return keras.Model(given, layers.Dense(2, name="scores")(embedding))
