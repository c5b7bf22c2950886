"""Augmenting whole batches: one projective transform for all that moves, then focus and exposure."""

import numpy as np
import tensorflow as tf

from train.learning.augmentation import Augmentation


def augment(images: tf.Tensor, seed: tf.Tensor, size: tuple[int, int], settings: Augmentation) -> tf.Tensor:
    """Augment a batch.

    Args:
        images: uint8 or float32, shape (batch, rows, columns, channels), 0..255; best larger than `size`.
        seed: int32, shape (2,): the same seed gives the same batch, so that a resumed training sees the same images.
        size: (height, width) of the result.
        settings: How far.

    Returns:
        float32, shape (batch, height, width, channels), 0..255.
    """
    count = tf.shape(images)[0]
    seeds = tf.random.experimental.stateless_split(seed, 12)

    def draw(index: int, low: float, high: float) -> tf.Tensor:
        return tf.random.stateless_uniform((count,), seeds[index], low, high)

    rows, columns = tf.unstack(tf.cast(tf.shape(images)[1:3], tf.float32))
    area = draw(0, *settings.area)
    ratio = tf.exp(draw(1, *np.log(settings.ratio)))
    high = tf.minimum(rows, rows * tf.sqrt(area / ratio))
    wide = tf.minimum(columns, columns * tf.sqrt(area * ratio))
    x = wide / 2 + draw(2, 0, 1) * (columns - wide)
    y = high / 2 + draw(3, 0, 1) * (rows - high)
    turn = draw(4, -1, 1) * np.deg2rad(settings.turn_degrees)
    if settings.shift:
        x += draw(8, -1, 1) * settings.shift * columns
        y += draw(9, -1, 1) * settings.shift * rows
    if settings.zoom != (1.0, 1.0):
        zoom = draw(10, *settings.zoom)
        high, wide = high / zoom, wide / zoom
    if settings.flip:
        wide *= tf.where(draw(11, 0, 1) < settings.flip, -1.0, 1.0)  # a box of negative width is read from its right

    moved = _cut(tf.cast(images, tf.float32), x, y, wide, high, turn, size)
    blurred = tf.nn.avg_pool2d(moved, 3, 1, "SAME")
    moved += (blurred - moved) * draw(5, *settings.focus)[:, None, None, None]
    mean = tf.reduce_mean(moved, (1, 2, 3), keepdims=True)
    contrast, brightness = draw(6, *settings.exposure), draw(7, *settings.exposure)
    exposed = ((moved - mean) * contrast[:, None, None, None] + mean) * brightness[:, None, None, None]
    return tf.clip_by_value(exposed, 0.0, 255.0)


def _cut(
    images: tf.Tensor,
    x: tf.Tensor,
    y: tf.Tensor,
    wide: tf.Tensor,
    high: tf.Tensor,
    turn: tf.Tensor,
    size: tuple[int, int],
) -> tf.Tensor:
    """Take a turned box of each image and stretch it onto `size`; outside is black. Pixel centres lie at halves."""
    step_x, step_y = wide / size[1], high / size[0]
    cos, sin = tf.cos(turn), tf.sin(turn)
    centre_x, centre_y = (size[1] - 1) / 2, (size[0] - 1) / 2
    a0, a1 = cos * step_x, -sin * step_y
    b0, b1 = sin * step_x, cos * step_y
    a2 = x - 0.5 - a0 * centre_x - a1 * centre_y
    b2 = y - 0.5 - b0 * centre_x - b1 * centre_y
    zero = tf.zeros_like(x)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([a0, a1, a2, b0, b1, b2, zero, zero], axis=1),
        output_shape=size,
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
