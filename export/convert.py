"""Keras model to TFLite graph: uint8 in, scores, cam and embedding out."""

import tempfile
import warnings
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray

from export.profiles import Profile


def convert(model: keras.Model, sample: NDArray[np.uint8], profile: Profile) -> bytes:
    """Convert a run's Keras model.

    Goes by a SavedModel with a signature: that keeps the tensors' names, and variables are frozen properly
    (`from_concrete_functions` wrote files full of NaN without a word).

    Args:
        model: float32 (N, H, W, C) in 0..255 to logits, with the layers `features`, `embedding` and `scores`.
        sample: uint8, shape (N, H, W, C): gives the ranges of the activations.
        profile: How to quantize.

    Returns:
        The flatbuffer: `image` uint8 (1, H, W, C); `scores` (1, labels), `cam` (1, h, w, labels) and `embedding`
        (1, d), all float32. Nothing is proven by it: run it.
    """
    serving = _serving(model, profile)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(serving, folder, signatures=serving.signature)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if profile.quantized:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: _feed(sample)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = tf.uint8
            converter.inference_output_type = tf.float32
        with warnings.catch_warnings():
            # The calibrator inside the converter still uses TensorFlow's own interpreter, which says that it will go.
            warnings.filterwarnings("ignore", r"\s*Warning: tf.lite.Interpreter is deprecated")
            warnings.filterwarnings("ignore", "Statistics for quantized inputs were expected")
            return bytes(converter.convert())


def _feed(sample: NDArray[np.uint8]) -> Iterator[dict[str, NDArray[np.float32]]]:
    # One image of every grey level first: the input's range is then 0..255 exactly, scale 1 and zero point 0.
    ramp = np.resize(np.arange(256, dtype=np.float32), sample.shape[1:])
    yield {"image": ramp[np.newaxis]}
    for image in sample:
        yield {"image": image[np.newaxis].astype(np.float32)}


def _serving(model: keras.Model, profile: Profile) -> tf.Module:
    features = model.get_layer("features").output
    dense = model.get_layer("scores")
    kernel, bias = (tf.constant(value) for value in dense.get_weights())
    trunk = keras.Model(model.input, [features, model.get_layer("embedding").output])
    height, width, channels = model.input_shape[1:]
    # The quantized graph takes float here and the converter makes its input uint8; the float graph casts for itself.
    kind = tf.float32 if profile.quantized else tf.uint8

    module = tf.Module()
    module.trunk = trunk

    @tf.function(input_signature=[tf.TensorSpec((1, height, width, channels), kind, name="image")])
    def signature(image: tf.Tensor) -> dict[str, tf.Tensor]:
        shown, embedding = trunk(tf.cast(image, tf.float32), training=False)
        # The map's mean is the score less the bias (Zhou et al., CVPR 2016, section 2): a convolution of one pixel
        # with the last layer's own weights.
        cam = tf.nn.conv2d(shown, kernel[tf.newaxis, tf.newaxis], 1, "VALID")
        return {"scores": embedding @ kernel + bias, "cam": cam, "embedding": embedding}

    module.signature = signature
    return module
