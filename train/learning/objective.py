"""What a training minimises: cross-entropy, or a share of it and the distance from a teacher."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray

from train.measuring import keras_file
from train.run import Run
from xray.errors import SetupError

TEMPERATURE = 2.0
TEACHER_SHARE = 0.7


@dataclass(frozen=True)
class Teacher:
    """A trained model that a student is taught by (Hinton, Vinyals & Dean 2015, section 2).

    The loss is 0.7 times the cross-entropy against the teacher's softened probabilities, times the temperature squared
    (so that both parts have gradients of one size), and 0.3 times that against the labels.
    """

    name: str
    score: Callable[[Any], Any]
    """Images as the student sees them, float32 (N, height, width, channels) in 0..255, to logits (N, labels)."""


def read_teacher(folder: Path, labels: tuple[str, ...]) -> Teacher:
    """Read a run as a teacher.

    Raises:
        SetupError: It is no finished run, or knows other labels.
    """
    run = Run(folder)
    card = run.read_card()
    if card.labels != labels:
        raise SetupError(f"--teacher {folder} knows {', '.join(card.labels)}; this data set has {', '.join(labels)}")
    model = keras_file.load(run.model)
    model.trainable = False
    spec = card.input

    def score(images: tf.Tensor) -> tf.Tensor:
        if images.shape[-1] != spec.channels:
            gray = images[..., :1]  # all channels of a radiograph are alike
            images = tf.repeat(gray, spec.channels, axis=-1)
        resized = tf.image.resize(images, (spec.height, spec.width), antialias=True)
        return model(resized, training=False)

    return Teacher(f"{card.name} {card.version}, {spec.height}×{spec.width}×{spec.channels}", score)


def targets(feed: tf.data.Dataset, teacher: Teacher | None, weights: NDArray[Any] | None) -> tf.data.Dataset:
    """Put beside each label what the loss needs besides: the teacher's logits, the image's weight.

    Args:
        feed: Batches of (images, int64 labels).
        teacher: Or None: the labels stay as they are.
        weights: float32 (labels,), from `train.learning.pipeline.label_weights`; None where all weigh the same.
    """

    def extend(images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, ...]:
        wanted = labels
        if teacher is not None:
            logits = teacher.score(images)
            wanted = tf.concat([tf.one_hot(labels, logits.shape[-1]), logits], axis=1)
        return (images, wanted) if weights is None else (images, wanted, tf.gather(tf.constant(weights), labels))

    if teacher is None and weights is None:
        return feed
    return feed.map(extend, num_parallel_calls=1, deterministic=True).prefetch(1)


def taught_loss(wanted: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of each image, mixed with the distance from the teacher's softened probabilities.

    Args:
        wanted: float32 (N, 2 × labels): the label one hot, then the teacher's logits.
        scores: Logits, float32 (N, labels).
    """
    count = scores.shape[-1]
    plain = tf.nn.softmax_cross_entropy_with_logits(wanted[:, :count], scores)
    soft = tf.nn.softmax(wanted[:, count:] / TEMPERATURE)
    taught = tf.nn.softmax_cross_entropy_with_logits(soft, scores / TEMPERATURE)
    return (1 - TEACHER_SHARE) * plain + TEACHER_SHARE * TEMPERATURE**2 * taught


def accuracy(wanted: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Whether the most likely label is the true one, for each image; `wanted` as `targets` gives it."""
    true = tf.argmax(wanted[:, : scores.shape[-1]], axis=1)
    return tf.cast(true == tf.argmax(scores, axis=1), tf.float32)


def compile_with(model: keras.Model, optimizer: keras.optimizers.Optimizer, teacher: Teacher | None) -> None:
    """Make a model ready for `fit`: optimizer, loss and accuracy."""
    if teacher is None:
        model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    else:
        model.compile(optimizer, taught_loss, metrics=[accuracy])
