"""Published weights, all made for colour pictures, poured into a backbone for colour or gray."""

from pathlib import Path
from typing import TYPE_CHECKING

from train.backbones.scaling import Scaling
from xray.errors import SetupError

if TYPE_CHECKING:
    import tf_keras as keras


def check_there(weights: str) -> None:
    """Raise SetupError where a path of weights leads nowhere."""
    if not Path(weights).is_file():
        raise SetupError(f"the weights {weights} are not there; expected none, imagenet, or the path of a file")


def pour(colour: "keras.Model", backbone: "keras.Model", scaling: Scaling) -> None:
    """Give a backbone the weights of its twin for colour.

    Gray input takes a first kernel summed over its channels: the same on gray pictures, at a third of the work.

    Args:
        colour: Whose weights are taken; its input has three channels.
        backbone: Filled; its input has three channels or one.
        scaling: How its image is scaled before the first convolution, which a batch norm follows.
    """
    import tf_keras as keras

    values = colour.get_weights()
    if backbone.input_shape[-1] == 1:
        first = next(layer for layer in backbone.layers if isinstance(layer, keras.layers.Conv2D))
        values[0], constant = scaling.grayed(values[0])
        # The constant goes into the bias, or is taken from the mean that the batch norm takes away.
        if first.use_bias:  # kernel, bias, …
            values[1] = values[1] + constant
        else:  # kernel, gamma, beta, mean, …
            values[3] = values[3] - constant
    backbone.set_weights(values)
