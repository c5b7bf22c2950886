"""Keras model to TFLite graph: uint8 in, scores, cam and embedding out."""

import contextlib
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray

from export.profiles import Profile

Feed = Callable[[], Iterator[dict[str, NDArray[np.generic]]]]
"""Makes the images that show the converter which ranges occur, from the start each time."""


def convert(model: keras.Model, sample: NDArray[np.uint8], profile: Profile, keep_float: Sequence[str] = ()) -> bytes:
    """Convert a run's Keras model.

    Args:
        model: float32 (N, H, W, C) in 0..255 to logits, with the layers `features`, `embedding` and `scores`.
        sample: uint8, shape (N, H, W, C): gives the ranges of the activations.
        profile: How to quantize.
        keep_float: Patterns of layers that stay in float, as in `export.keep_float`; for profiles that may.

    Returns:
        The flatbuffer: `image` (1, H, W, C), uint8 in most profiles; `scores` (1, labels), `cam` (1, h, w, labels) and
        `embedding` (1, d), all float32. Nothing is proven by it: run it.

    Raises:
        SetupError: A pattern fits no layer, or the profile has none that may stay in float.
    """
    if keep_float:
        from export.keep_float import Quantizer

        quantizer = Quantizer(model, sample, profile)
        return quantizer.graph(quantizer.named(keep_float))
    # int8: the converter makes its float input uint8, scale 1, and the graph needs no cast. It can do so for no other.
    with converter(model, sample, profile, float_pixels=profile.activations == "int8") as ready:
        return bytes(ready.convert())


@contextlib.contextmanager
def converter(
    model: keras.Model, sample: NDArray[np.uint8], profile: Profile, *, float_pixels: bool = False
) -> Iterator[tf.lite.TFLiteConverter]:
    """Set the converter up for a profile; it can be used inside the `with` only.

    With `float_pixels` the graph before quantization takes float32, else uint8, which it casts for itself.

    Goes by a SavedModel with a signature: that keeps the tensors' names, and variables are frozen properly
    (`from_concrete_functions` wrote files full of NaN without a word).
    """
    serving = _serving(model, float_pixels)
    with tempfile.TemporaryDirectory() as folder, quiet():
        tf.saved_model.save(serving, folder, signatures=serving.signature)
        ready = tf.lite.TFLiteConverter.from_saved_model(folder)
        if profile.weights != "float32":
            ready.optimizations = [tf.lite.Optimize.DEFAULT]
        if profile.weights == "float16":
            ready.target_spec.supported_types = [tf.float16]
        if profile.activations != "float32":
            ready.representative_dataset = feed(sample, as_float=float_pixels)
        if profile.activations == "int8":
            ready.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            ready.inference_input_type = tf.as_dtype(profile.pixels)
            ready.inference_output_type = tf.float32
        if profile.activations == "int16":
            ready.target_spec.supported_ops = [
                tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
                tf.lite.OpsSet.TFLITE_BUILTINS,  # for the cast of the pixels
            ]
        if profile.edge_tpu:
            # Its compiler knows one scale for a dense layer; newer converters write one for each of its rows.
            ready._experimental_disable_per_channel_quantization_for_dense_layers = True
        yield ready


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep from people what TensorFlow's quantizer says to its own developers."""
    with warnings.catch_warnings():
        # It still uses TensorFlow's own interpreter, which says that it will go.
        warnings.filterwarnings("ignore", r"\s*Warning: tf.lite.Interpreter is deprecated")
        warnings.filterwarnings("ignore", "Statistics for quantized inputs were expected")
        yield


def feed(sample: NDArray[np.uint8], *, as_float: bool) -> Feed:
    """Show every grey level first, then the sample.

    The input's range is then 0..255 exactly: scale 1 and zero point 0, so that pixels go in as they are.
    """
    ramp = np.resize(np.arange(256, dtype=np.uint8), sample.shape[1:])

    def images() -> Iterator[dict[str, NDArray[np.generic]]]:
        for image in (ramp, *sample):
            yield {"image": image[np.newaxis].astype(np.float32 if as_float else np.uint8)}

    return images


def _serving(model: keras.Model, float_pixels: bool) -> tf.Module:
    features = model.get_layer("features").output
    dense = model.get_layer("scores")
    kernel, bias = (tf.constant(value) for value in dense.get_weights())
    trunk = keras.Model(model.input, [features, model.get_layer("embedding").output])
    height, width, channels = model.input_shape[1:]
    kind = tf.float32 if float_pixels else tf.uint8

    module = tf.Module()
    # Its variables only: of a Keras model each layer would be traced four times over, 40 s more for a DenseNet121.
    module.held = trunk.weights

    @tf.function(input_signature=[tf.TensorSpec((1, height, width, channels), kind, name="image")])
    def signature(image: tf.Tensor) -> dict[str, tf.Tensor]:
        shown, embedding = trunk(tf.cast(image, tf.float32), training=False)
        # The map's mean is the score less the bias (Zhou et al., CVPR 2016, section 2): a convolution of one pixel
        # with the last layer's own weights.
        cam = tf.nn.conv2d(shown, kernel[tf.newaxis, tf.newaxis], 1, "VALID")
        return {"scores": embedding @ kernel + bias, "cam": cam, "embedding": embedding}

    module.signature = signature
    return module
