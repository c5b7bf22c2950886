"""Class activation maps: which regions raised a label's score, and how they look laid over the radiograph.

A map says where the model looked, not where the illness is.
"""

from typing import TYPE_CHECKING, Union

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xray.runtime import Predictor

if TYPE_CHECKING:  # a .tflite file is explained without TensorFlow
    import tf_keras as keras

_COLOURS = matplotlib.colormaps["plasma"]
"""Perceptually uniform, and read alike with and without colour vision; its dark end is never shown."""
_STRONGEST = 0.6
"""Opacity of the colour where the evidence is greatest: the anatomy below must stay visible."""


def maps(model: Union["keras.Model", Predictor], images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Compute the evidence for each label, place by place.

    The last feature map times the weights of the layer of scores (Zhou et al., CVPR 2016, section 2). The mean over all labels
    is taken away: a softmax sees nothing but differences, and so should the reader.

    Args:
        model: With the layers `features` and `scores`, as every recipe has them, or an exported file's predictor.
        images: Shape (N, H, W, C), 0..255, preprocessed for the model.

    Returns:
        Shape (N, h, w, labels), in the units of the scores; above 0 speaks for the label.
    """
    if isinstance(model, Predictor):
        found = np.stack([model.predict(image).cam for image in images])
    else:
        found = _keras_maps(model, images)
    return np.asarray(found - found.mean(axis=-1, keepdims=True))


def _keras_maps(model: "keras.Model", images: NDArray[np.uint8]) -> NDArray[np.float32]:
    import tf_keras as keras

    features = keras.Model(model.input, model.get_layer("features").output).predict(images, batch_size=16, verbose=0)
    kernel, _ = model.get_layer("scores").get_weights()
    return np.asarray(features @ kernel)


def overlay(image: NDArray[np.uint8], cam: NDArray[np.floating], strongest: float | None = None) -> NDArray[np.uint8]:
    """Lay what speaks for a label over the radiograph, in colour; what speaks against it is left gray.

    Args:
        image: Shape (H, W) or (H, W, C), 0 is black.
        cam: One label's map, shape (h, w).
        strongest: The value shown in the strongest colour; None takes the map's own largest.

    Returns:
        uint8, shape (H, W, 3).
    """
    gray = image.astype(np.float32).reshape(*image.shape[:2], -1).mean(axis=-1)
    large = Image.fromarray(np.asarray(cam, np.float32)).resize(gray.shape[::-1], Image.Resampling.BICUBIC)
    limit = max(float(cam.max()) if strongest is None else strongest, 1e-6)
    share = np.clip(np.asarray(large) / limit, 0, 1)
    colour, opacity = np.split(tint(share), [3], axis=-1)
    return np.asarray(np.rint(gray[:, :, np.newaxis] * (1 - opacity) + 255 * colour * opacity), np.uint8)


def tint(share: NDArray[np.floating]) -> NDArray[np.float64]:
    """Colour evidence by its share of the strongest, 0..1: red, green, blue and opacity, 0..1, in a last axis of 4."""
    tinted: NDArray[np.float64] = _COLOURS(0.25 + 0.7 * share)
    tinted[..., 3] = _STRONGEST * share**1.5
    return tinted
