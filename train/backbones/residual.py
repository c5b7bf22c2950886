"""Residual networks of basic blocks (He et al., CVPR 2016, table 1 and figure 5 left), exactly as PyTorch has them.

Exactly: where a convolution steps by two, PyTorch pads both sides alike and Keras's "same" only the far one, so the
padding is a layer of its own. So published weights fit, and the layers have PyTorch's names.
"""

from collections.abc import Sequence
from typing import Any

EPSILON = 1e-5
"""PyTorch's in batch normalisation; Keras's is 1e-3."""
MOMENTUM = 0.9
"""PyTorch's in batch normalisation (which calls it 0.1); Keras's is 0.99."""


def residual(scaled: Any, *, widths: Sequence[int], blocks: int, kernel: int) -> Any:
    """Build stages of basic blocks on a stem; each stage but the first halves the sides.

    Args:
        scaled: Keras tensor, the image as the weights expect it.
        widths: Filters in each stage; the stem has those of the first.
        blocks: In each stage.
        kernel: Side of the stem's convolution, odd.

    Returns:
        The last feature map: sides are 1/4, 1/8, 1/16 … of the image's after the first, second, third … stage.
    """
    flow = pooled_stem(scaled, widths[0], kernel, ("conv1", "bn1"))
    for stage, width in enumerate(widths):
        for block in range(blocks):
            strides = 2 if stage and not block else 1
            flow = _block(flow, width, f"layer{stage + 1}.{block}", strides)
    return flow


def pooled_stem(scaled: Any, filters: int, kernel: int, names: tuple[str, str]) -> Any:
    """Convolve, normalise, rectify and pool: a quarter of the sides is left."""
    import tf_keras as keras

    flow = keras.layers.ReLU()(normalised(convolution(scaled, filters, kernel, names[0], strides=2), names[1]))
    # PyTorch pads this pooling with minus infinity; after a ReLU, zeros are the same.
    return keras.layers.MaxPooling2D(3, strides=2)(keras.layers.ZeroPadding2D(1)(flow))


def _block(flow: Any, width: int, name: str, strides: int) -> Any:
    import tf_keras as keras

    short = flow
    if strides > 1 or flow.shape[-1] != width:
        short = normalised(convolution(flow, width, 1, f"{name}.downsample.0", strides=strides), f"{name}.downsample.1")
    flow = normalised(convolution(flow, width, 3, f"{name}.conv1", strides=strides), f"{name}.bn1")
    flow = keras.layers.ReLU()(flow)
    flow = normalised(convolution(flow, width, 3, f"{name}.conv2"), f"{name}.bn2")
    return keras.layers.ReLU()(keras.layers.Add()([flow, short]))


def convolution(flow: Any, filters: int, kernel: int, name: str, *, strides: int = 1) -> Any:
    """Convolve without a bias, padded by half the kernel on every side."""
    import tf_keras as keras

    padding = "same"
    if strides > 1 and kernel > 1:
        flow, padding = keras.layers.ZeroPadding2D(kernel // 2)(flow), "valid"
    return keras.layers.Conv2D(filters, kernel, strides, padding, use_bias=False, name=name)(flow)


def normalised(flow: Any, name: str) -> Any:
    """Normalise over the batch with PyTorch's constants."""
    import tf_keras as keras

    return keras.layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, name=name)(flow)
