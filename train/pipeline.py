"""The feed: batches of augmented images for one epoch, the same for the same seed and epoch."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from train.augment import Augmentation, augment
from xray.errors import SetupError


def order(labels: NDArray[np.int64], batch_size: int, *, balanced: bool, seed: int, epoch: int) -> NDArray[np.int64]:
    """Choose which image comes when: indices of shape (steps, batch_size).

    Balanced batches hold as many images of each label (one more of the first ones where that does not divide), the
    smaller labels going round more than once; otherwise every image comes once. The last, uneven batch is dropped
    where there is more than one.
    """
    rng = np.random.default_rng((seed, epoch))
    steps = max(1, labels.size // batch_size)
    if not balanced:
        return np.resize(rng.permutation(labels.size), (steps, batch_size))
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


def batches(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    size: tuple[int, int],
    settings: Augmentation,
    *,
    batch_size: int,
    balanced: bool,
    seed: int,
    epoch: int,
) -> tf.data.Dataset:
    """Feed one epoch.

    Args:
        images: uint8, shape (images, rows, columns, channels); may be memory-mapped.
        labels: Shape (images,).
        size: (height, width) that the model wants.
        settings: Augmentation.

    Returns:
        Batches of (float32 images 0..255 of shape (batch_size, height, width, channels), int64 labels).
    """
    chosen = order(labels, batch_size, balanced=balanced, seed=seed, epoch=epoch)
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
