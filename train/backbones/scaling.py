"""How pixels of 0..255 are scaled inside the graph: what a backbone's published weights were trained with."""

from collections.abc import Callable, Sequence
from typing import Any

_MEANS = (0.485, 0.456, 0.406)
_DEVIATIONS = (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue in 0..1, as torchvision and Keras's `mode="torch"` use them."""
_CAFFE_MEANS = (123.68, 116.779, 103.939)
"""Of ImageNet's red, green and blue in 0..255; Keras's `mode="caffe"` takes blue first.

All channels of a radiograph are alike, so the order is left as it is.
"""


def symmetric(image: Any) -> Any:
    """To -1..1: MobileNets, and whatever starts from nothing."""
    return _scaled(image, [1 / 127.5] * 3, [-1.0] * 3)


def standardized(image: Any) -> Any:
    """To mean 0 and deviation 1 over ImageNet: DenseNets, and all that comes from PyTorch."""
    return _scaled(
        image,
        [1 / (255 * deviation) for deviation in _DEVIATIONS],
        [-mean / deviation for mean, deviation in zip(_MEANS, _DEVIATIONS, strict=True)],
    )


def centred(image: Any) -> Any:
    """To mean 0 over ImageNet, in steps of one gray level: Keras's ResNets."""
    return _scaled(image, [1.0] * 3, [-mean for mean in _CAFFE_MEANS])


def unscaled(image: Any) -> Any:
    """As it is: for backbones that scale by themselves (MobileNet V3)."""
    return image


SCALINGS: dict[str, Callable[[Any], Any]] = {one.__name__: one for one in (symmetric, standardized, centred, unscaled)}


def _scaled(image: Any, scale: Sequence[float], offset: Sequence[float]) -> Any:
    """Scale each channel by itself, or one gray channel by the mean of the three.

    The latter is exact where the three are alike. Where they are not (0.012 of a standard deviation apart in
    `standardized`), no one channel can be: the borders' zeros stand for another gray in each.
    """
    import tf_keras as keras

    channels = image.shape[-1]
    if channels == 1 or len(set(zip(scale, offset, strict=True))) == 1:
        mean_scale, mean_offset = sum(scale) / len(scale), sum(offset) / len(offset)
        return keras.layers.Rescaling(mean_scale, offset=mean_offset, name="scale")(image)
    return keras.layers.Rescaling(list(scale), offset=list(offset), name="scale")(image)
