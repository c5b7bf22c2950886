"""Weight averaging: an exponential moving average over every weight, batch statistics included."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import tensorflow as tf
import tf_keras as keras


class WeightAverage(tf.Module):
    """Follows a model's weights; `swap` exchanges them with the average, and again gives them back.

    Keras's `use_ema` leaves the batch norm statistics out, which belong to the weights that they were taken with.
    The decay rises to its value with the steps ((1 + n) / (10 + n), as TensorFlow's ExponentialMovingAverage does), so
    that the first weights do not linger. A decay of 0 keeps the weights themselves.
    """

    def __init__(self, model: keras.Model, decay: float) -> None:
        super().__init__()
        self._weights = model.weights
        self._decay = decay
        self.averages = [tf.Variable(weight, trainable=False) for weight in model.weights]
        self.steps = tf.Variable(0, dtype=tf.int64)

    def follower(self, weights: Sequence[tf.Variable] | None = None) -> Callable[[], None]:
        """Give a function that moves the average one step towards the weights.

        Args:
            weights: Those of the model's that are trained now; the others stand still, and so may their average.
        """
        followed = {weight.ref() for weight in (self._weights if weights is None else weights)}
        pairs = [
            (average, weight)
            for average, weight in zip(self.averages, self._weights, strict=True)
            if weight.ref() in followed
        ]

        def update() -> None:
            self.steps.assign_add(1)
            steps = tf.cast(self.steps, tf.float32)
            decay = tf.minimum(self._decay, (1.0 + steps) / (10.0 + steps))
            for average, weight in pairs:
                average.assign_sub((1.0 - decay) * (average - weight))

        compiled: Callable[[], None] = tf.function(update)
        return compiled

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """Give the model its averaged weights for a while."""
        self.swap()
        try:
            yield
        finally:
            self.swap()

    @tf.function
    def swap(self) -> None:
        """Exchange the weights with their average."""
        for average, weight in zip(self.averages, self._weights, strict=True):
            kept = tf.identity(weight)
            weight.assign(average)
            average.assign(kept)
