"""Weight averaging: an exponential moving average over every weight, batch statistics included."""

import tensorflow as tf
import tf_keras as keras

DECAY = 0.995


class WeightAverage(tf.Module):
    """Follows a model's weights; `swap` exchanges them with the average, and again gives them back.

    Keras's `use_ema` leaves the batch norm statistics out, which belong to the weights that they were taken with.
    The decay rises to its value with the steps ((1 + n) / (10 + n), as TensorFlow's ExponentialMovingAverage does), so
    that the first weights do not linger.
    """

    def __init__(self, model: keras.Model, decay: float = DECAY) -> None:
        super().__init__()
        self._weights = model.weights
        self._decay = decay
        self.averages = [tf.Variable(weight, trainable=False) for weight in model.weights]
        self.steps = tf.Variable(0, dtype=tf.int64)

    @tf.function
    def update(self) -> None:
        """Move the average one step towards the weights."""
        self.steps.assign_add(1)
        steps = tf.cast(self.steps, tf.float32)
        decay = tf.minimum(self._decay, (1.0 + steps) / (10.0 + steps))
        for average, weight in zip(self.averages, self._weights, strict=True):
            average.assign_sub((1.0 - decay) * (average - weight))

    @tf.function
    def swap(self) -> None:
        """Exchange the weights with their average."""
        for average, weight in zip(self.averages, self._weights, strict=True):
            kept = tf.identity(weight)
            weight.assign(average)
            average.assign(kept)
