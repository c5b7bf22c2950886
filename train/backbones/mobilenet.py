"""MobileNet V1, V2 and V3 from Keras, for gray or RGB input, from ImageNet weights or from nothing."""

from typing import Any

from train.backbones.application import application
from train.backbones.scaling import SYMMETRIC, UNSCALED


def mobilenet(image: Any, weights: str, *, alpha: float) -> Any:
    """MobileNet V1 of this width (Howard et al. 2017), without its top."""
    return application("MobileNet", image, weights, SYMMETRIC, alpha=alpha)


def mobilenet_v2(image: Any, weights: str, *, alpha: float) -> Any:
    """MobileNet V2 of this width (Sandler et al., CVPR 2018), without its top."""
    return application("MobileNetV2", image, weights, SYMMETRIC, alpha=alpha)


def mobilenet_v3_small(image: Any, weights: str) -> Any:
    """MobileNet V3 small (Howard et al., ICCV 2019), without its top; it scales the image by itself."""
    return application("MobileNetV3Small", image, weights, UNSCALED, include_preprocessing=True)
