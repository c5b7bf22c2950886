"""A tiny Lungwatch model, made with TensorFlow in a process of its own: `python -m tests.worker.tiny FILE`.

Its score for PNEUMONIA grows with the mean brightness, so that tests can tell answers apart.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from xray.card import Card, InputSpec, Interval, OperatingPoint, TrainingData
from xray.model_file import pack

SIDE = 64


class Brightness(tf.Module):
    """Scores from the mean grey value."""

    @tf.function(input_signature=[tf.TensorSpec((1, SIDE, SIDE, 1), tf.uint8, name="image")])
    def serve(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
        scaled = tf.cast(image, tf.float32) / 255.0
        pooled = tf.nn.avg_pool2d(scaled, 16, 16, "VALID")
        cam = tf.concat([0.4 - pooled, pooled - 0.4], axis=-1) * 8.0
        return {
            "scores": tf.reduce_mean(cam, axis=[1, 2]),
            "cam": cam,
            "embedding": tf.reshape(pooled, (1, 16)),
        }


def make() -> bytes:
    module = Brightness()
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures={"serving_default": module.serve})
        graph = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    share = Interval(0.9, 0.85, 0.95)
    card = Card(
        name="tiny",
        version="1",
        created="2026-01-01T00:00:00Z",
        labels=("NORMAL", "PNEUMONIA"),
        input=InputSpec(SIDE, SIDE),
        recipe="none",
        seed=0,
        data=TrainingData("drawn", "none", "xray.phantom", {}, "", "none"),
        positive="PNEUMONIA",
        profile="float32",
        operating_points=(
            OperatingPoint("balanced", 0.5, share, share),
            OperatingPoint("sensitive", 0.2, share, share),
        ),
    )
    return pack(graph, card, {"nothing": np.zeros(1, np.float32)})


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(make())
