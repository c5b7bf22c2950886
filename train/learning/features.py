"""Features computed once: what a frozen backbone gives for every picture, so that a head trains in no time.

A head on a frozen backbone sees the same features in every epoch but for the augmentation. Here each picture is passed
through the backbone once as it is and a few times augmented, and each epoch draws one of these for each picture.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray
from tqdm import tqdm

from train.classifier import HEAD_LAYERS
from train.learning.augment import augment
from train.learning.augmentation import NONE, Augmentation
from train.learning.pipeline import LabelledImages, order
from xray.errors import SetupError

FILE = "features.npy"
AUGMENTED = 3
"""Augmented copies of each picture, beside the picture itself."""
_BATCH = 64


def halves(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Cut a classifier in two where its first layer with weights of its own stands on the backbone.

    Returns:
        Image to features, and features to scores; both share the model's layers and weights. Without a hidden layer
        the features are the pooled embedding.
    """
    present = [model.get_layer(name) for name in HEAD_LAYERS if name in {layer.name for layer in model.layers}]
    head = (
        present if present[0].name == "hidden" else [layer for layer in present if layer.name in ("dropout", "scores")]
    )
    cut = head[0].input
    features = flow = keras.Input(cut.shape[1:], name="cached")
    for layer in head:
        flow = layer(flow)
    return keras.Model(model.input, cut), keras.Model(features, flow)


@dataclass(frozen=True)
class Cache:
    """The features of every training picture: first as they are, then copy after copy."""

    features: NDArray[np.float16]
    """Shape ((1 + copies) × N, …), memory-mapped; those of picture i stand at i, N + i, 2 N + i, …"""
    labels: NDArray[np.int64]
    """Shape (N,)."""

    @property
    def copies(self) -> int:
        return len(self.features) // self.labels.size


def compute(
    backbone: keras.Model, source: LabelledImages, augmentation: Augmentation, path: Path, *, seed: int
) -> Cache:
    """Compute the features of training pictures, or find them computed already.

    Args:
        backbone: Image to features, frozen.
        source: Training pictures, larger than the model's input.
        augmentation: Of the copies; where it does nothing there are none.
        path: An .npy file to keep them in.
        seed: Of the augmentation.

    Raises:
        SetupError: The file cannot be written.
    """
    if not path.exists():
        try:
            _fill(backbone, source.images, augmentation, path, seed)
        except OSError as error:
            raise SetupError(
                f"the features cannot be kept in {path.parent} ({error.strerror}); make room there, or put the run elsewhere"
            ) from error
    return Cache(np.load(path, mmap_mode="r"), source.labels)


def _fill(backbone: keras.Model, images: NDArray[np.uint8], augmentation: Augmentation, path: Path, seed: int) -> None:
    size = (int(backbone.input.shape[1]), int(backbone.input.shape[2]))
    rounds = [NONE] if augmentation == NONE else [NONE] + [augmentation] * AUGMENTED
    shape = (len(rounds) * len(images), *backbone.output.shape[1:])
    unfinished = path.with_suffix(".tmp")
    array = np.lib.format.open_memmap(unfinished, "w+", np.float16, shape)
    with tqdm(total=len(array), desc="features", unit="image", leave=False, disable=None) as bar:
        for number, settings in enumerate(rounds):
            for start in range(0, len(images), _BATCH):
                taken = tf.constant(images[start : start + _BATCH])
                told = backbone(augment(taken, tf.constant([seed, number * len(images) + start]), size, settings))
                at = number * len(images) + start
                array[at : at + len(told)] = told
                bar.update(len(told))
    array.flush()
    unfinished.rename(path)


def batches(cache: Cache, *, batch_size: int, balance: str, seed: int, epoch: int) -> tf.data.Dataset:
    """Feed one epoch: batches of (float32 features, int64 labels), drawn as `train.learning.pipeline.order` says."""
    chosen = order(cache.labels, batch_size, balance=balance, seed=seed, epoch=epoch)
    copy = np.random.default_rng((seed, epoch, 1)).integers(cache.copies, size=chosen.shape)
    where = np.sort(chosen + copy * cache.labels.size, axis=1)

    def prepare(picked: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        taken = tf.numpy_function(lambda at: cache.features[at].astype(np.float32), [picked], tf.float32)
        taken = tf.ensure_shape(taken, (batch_size, *cache.features.shape[1:]))
        return taken, tf.gather(tf.constant(cache.labels), picked % cache.labels.size)

    return tf.data.Dataset.from_tensor_slices(where).map(prepare, num_parallel_calls=2, deterministic=True).prefetch(2)
