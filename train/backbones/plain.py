"""Plain convolutional backbones from scratch: convolution, batch normalisation, ReLU, pooling, again and again."""

from collections.abc import Sequence
from typing import Any

from train.backbones.scaling import SYMMETRIC
from xray.errors import SetupError


def plain(
    image: Any,
    weights: str,
    *,
    widths: Sequence[int],
    each: int = 1,
    dropout: float = 0.0,
    momentum: float | None = 0.98,
) -> Any:
    """Build blocks of 3×3 convolutions with max pooling between them.

    Args:
        image: Keras tensor, float32 in 0..255.
        weights: `none`: nothing is published for these.
        widths: Filters in each block.
        each: Convolutions a block.
        dropout: Share of whole feature maps left out after each pooling (Tompson et al., CVPR 2015, section 3.2).
        momentum: Of the batch normalisation's statistics, the lower the fewer steps an epoch has; None does without it.

    Raises:
        SetupError: Other weights were asked for.
    """
    import tf_keras as keras

    if weights != "none":
        raise SetupError(f"a plain CNN starts from nothing; expected --weights none, got {weights}")
    flow = SYMMETRIC(image)
    for block, width in enumerate(widths):
        if block:
            flow = keras.layers.MaxPooling2D()(flow)
            if dropout:
                flow = keras.layers.SpatialDropout2D(dropout)(flow)
        for _ in range(each):
            flow = keras.layers.Conv2D(width, 3, padding="same", use_bias=momentum is None)(flow)
            if momentum is not None:
                flow = keras.layers.BatchNormalization(momentum=momentum)(flow)
            flow = keras.layers.ReLU()(flow)
    return flow
