"""The feed: batches of augmented images for one epoch, the same for the same seed and epoch."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from train.learning.augment import augment
from train.learning.augmentation import Augmentation
from xray.errors import SetupError

COPIES = 3
"""Copies of each image of a rare label, beside the original, under `copies`."""


@dataclass(frozen=True)
class LabelledImages:
    """Images that an epoch is fed from, or that a model is measured on."""

    images: NDArray[np.uint8]
    """Shape (N, rows, columns, C); for training larger than the model's input. May be memory-mapped."""
    labels: NDArray[np.int64]


def order(labels: NDArray[np.int64], batch_size: int, *, balance: str, seed: int, epoch: int) -> NDArray[np.int64]:
    """Choose which image comes when.

    * `batches`: each batch holds as many images of each label (one more of the first ones where that does not divide),
      the smaller labels going round more than once;
    * `copies`: three copies of each image of a rare label (less than half as many as the most frequent one) are put
      beside the originals; each is augmented by itself;
    * `weights`, `none`: every image comes once; weights are `label_weights`' work.

    Returns:
        Indices of shape (steps, batch_size). The last, uneven batch is dropped where there is more than one.

    Raises:
        SetupError: A batch is too small to hold each label.
    """
    rng = np.random.default_rng((seed, epoch))
    if balance != "batches":
        counts = np.bincount(labels)
        rare = np.flatnonzero(2 * counts[labels] < counts.max()) if balance == "copies" else labels[:0]
        pool = np.concatenate([np.arange(labels.size), np.repeat(rare, COPIES)])
        return np.resize(rng.permutation(pool), (max(1, pool.size // batch_size), batch_size))
    steps = max(1, labels.size // batch_size)
    kinds = np.unique(labels)
    if batch_size < kinds.size:
        raise SetupError(f"a batch of {batch_size} cannot hold each of {kinds.size} labels; give a larger --batch-size")
    shares = np.full(kinds.size, batch_size // kinds.size)
    shares[: batch_size % kinds.size] += 1
    columns = []
    for kind, share in zip(kinds, shares, strict=True):
        members = np.flatnonzero(labels == kind)
        rounds = -(-steps * int(share) // members.size)
        endless = np.concatenate([rng.permutation(members) for _ in range(max(1, rounds))])
        columns.append(endless[: steps * share].reshape(steps, share))
    return np.concatenate(columns, axis=1)


def label_weights(labels: NDArray[np.int64], balance: str) -> NDArray[np.float32] | None:
    """Weigh each label's images inversely to its frequency under `weights`, the mean image by 1; else None: all alike."""
    if balance != "weights":
        return None
    counts = np.bincount(labels)
    weights: NDArray[np.float32] = (labels.size / (counts.size * counts.clip(1))).astype(np.float32)
    return weights


def batches(
    source: LabelledImages,
    size: tuple[int, int],
    settings: Augmentation,
    *,
    batch_size: int,
    balance: str,
    seed: int,
    epoch: int,
) -> tf.data.Dataset:
    """Feed one epoch.

    Args:
        source: What to draw from.
        size: (height, width) that the model wants.
        settings: Augmentation.
        batch_size: Images a batch.
        balance: See `order`.
        seed: With the epoch, of the order and of the augmentation.
        epoch: From 0.

    Returns:
        Batches of (float32 images 0..255 of shape (batch_size, height, width, channels), int64 labels).
    """
    images, labels = source.images, source.labels
    chosen = order(labels, batch_size, balance=balance, seed=seed, epoch=epoch)
    channels = images.shape[-1]

    def prepare(step: tf.Tensor, picked: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # Sorted reads keep a memory map on a slow disk from jumping about; the order within a batch means nothing.
        picked = tf.sort(picked)
        taken = tf.numpy_function(lambda at: images[at], [picked], tf.uint8)
        taken = tf.ensure_shape(taken, (batch_size, *images.shape[1:3], channels))
        drawn = tf.stack(
            [tf.cast(seed, tf.int32), tf.cast(epoch * chosen.shape[0], tf.int32) + tf.cast(step, tf.int32)]
        )
        return augment(taken, drawn, size, settings), tf.gather(tf.constant(labels), picked)

    feed = tf.data.Dataset.from_tensor_slices((np.arange(chosen.shape[0]), chosen))
    return feed.map(prepare, num_parallel_calls=2, deterministic=True).prefetch(2)
