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
    # Every layer has a name of its own: Keras's numbers go on from one model of a process to the next.
    for block, width in enumerate(widths, start=1):
        if block > 1:
            flow = keras.layers.MaxPooling2D(name=f"pool{block}")(flow)
            if dropout:
                flow = keras.layers.SpatialDropout2D(dropout, name=f"pool{block}_dropout")(flow)
        for place in (f"conv{block}_{number}" for number in range(1, each + 1)):
            flow = keras.layers.Conv2D(width, 3, padding="same", use_bias=momentum is None, name=place)(flow)
            if momentum is not None:
                flow = keras.layers.BatchNormalization(momentum=momentum, name=f"{place}_norm")(flow)
            flow = keras.layers.ReLU(name=f"{place}_relu")(flow)
    return flow
