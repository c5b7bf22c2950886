"""Densely connected networks of stock layers (Huang et al., CVPR 2017, section 3), exactly as PyTorch has them.

For those that Keras has not. Order of layers as in Keras's own: batch norm, ReLU, convolution; names as in PyTorch.
"""

from collections.abc import Sequence
from typing import Any

from train.backbones.residual import convolution, normalised, pooled_stem

BOTTLENECK = 4
"""Filters of the 1×1 convolution before each 3×3 one, in multiples of the growth (section 3, "Bottleneck layers")."""


def dense(scaled: Any, *, growth: int, initial: int, blocks: Sequence[int]) -> Any:
    """Build blocks of layers, each of which sees all before it; between them channels and sides are halved.

    Args:
        scaled: Keras tensor, the image as the weights expect it.
        growth: Filters that a layer adds.
        initial: Filters of the stem.
        blocks: Layers in each block.

    Returns:
        The last feature map, normalised and rectified: sides are 1/32 of the image's after four blocks.
    """
    import tf_keras as keras

    flow = pooled_stem(scaled, initial, 7, ("features.conv0", "features.norm0"))
    for block, layers in enumerate(blocks, 1):
        for layer in range(1, layers + 1):
            new = _layer(flow, growth, f"features.denseblock{block}.denselayer{layer}")
            flow = keras.layers.Concatenate()([flow, new])
        if block < len(blocks):
            name = f"features.transition{block}"
            flow = convolution(_activated(flow, f"{name}.norm"), flow.shape[-1] // 2, 1, f"{name}.conv")
            flow = keras.layers.AveragePooling2D(2)(flow)
    return _activated(flow, "features.norm5")


def _layer(flow: Any, growth: int, name: str) -> Any:
    narrow = convolution(_activated(flow, f"{name}.norm1"), BOTTLENECK * growth, 1, f"{name}.conv1")
    return convolution(_activated(narrow, f"{name}.norm2"), growth, 3, f"{name}.conv2")


def _activated(flow: Any, name: str) -> Any:
    import tf_keras as keras

    return keras.layers.ReLU()(normalised(flow, name))
