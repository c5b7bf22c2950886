"""MobileNet V1 and V2 from Keras, for gray or RGB input, from ImageNet weights or from nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras as keras

from xray.card import InputSpec
from xray.errors import SetupError

BATCH_NORM_MOMENTUM = 0.98
"""Keras gives V2 0.999 (V1 0.99), which is too slow for the 1,500 steps that fine-tuning has."""

Application = Callable[..., keras.Model]


def build(application: Application, spec: InputSpec, labels: int, weights: str, **options: Any) -> keras.Model:
    """Build a classifier on a MobileNet.

    Args:
        application: `keras.applications.MobileNet` or `.MobileNetV2`.
        spec: Input size and channels. With one channel the first convolution's kernel is summed over its input
            channels: identical on gray pictures, at a third of the work.
        labels: Number of labels.
        weights: `none`, `imagenet` (Keras's download) or the path of an .h5 without top.
        options: For the application (`alpha`).

    Returns:
        A model of stock layers: float32 (N, height, width, channels) in 0..255 to logits (N, labels).
    """
    image = keras.Input((spec.height, spec.width, spec.channels), name="image")
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(image)  # as the ImageNet weights expect
    backbone = application(include_top=False, weights=None, input_tensor=scaled, **options)
    _load(backbone, application, spec, weights, options)
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = BATCH_NORM_MOMENTUM
    return classifier(image, backbone.output, labels)


def classifier(image: Any, features: Any, labels: int, dropout: float = 0.2) -> keras.Model:
    """Put the head that every recipe shares on a feature map: `features`, `embedding`, dropout, `scores`."""
    features = keras.layers.Activation("linear", name="features")(features)
    embedding = keras.layers.GlobalAveragePooling2D(name="embedding")(features)
    kept = keras.layers.Dropout(dropout, name="dropout")(embedding)
    return keras.Model(image, keras.layers.Dense(labels, name="scores")(kept))


def _load(
    backbone: keras.Model, application: Application, spec: InputSpec, weights: str, options: dict[str, Any]
) -> None:
    if weights == "none":
        return
    if weights != "imagenet" and not Path(weights).is_file():
        raise SetupError(f"the weights {weights} are not there; expected none, imagenet, or the path of an .h5 file")
    shape = (spec.height, spec.width, 3)
    try:
        source = application(include_top=False, weights=weights, input_shape=shape, **options)
    except Exception as error:
        # Keras raises a bare Exception where a download fails, and ValueError or OSError where a file does not fit.
        if weights == "imagenet":
            raise SetupError(
                f"the ImageNet weights could not be downloaded ({error}); fetch that file elsewhere and give its path "
                "as --weights, or --weights none"
            ) from error
        raise SetupError(
            f"the weights {weights} cannot be loaded into {application.__name__} {options or ''}: {error}"
        ) from error
    values = source.get_weights()
    if spec.channels == 1:
        values[0] = np.sum(values[0], axis=2, keepdims=True)
    backbone.set_weights(values)
