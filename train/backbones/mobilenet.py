"""MobileNet V1, V2 and V3 from Keras, for gray or RGB input, from ImageNet weights or from nothing."""

from typing import Any

from train.backbones.application import application

BATCH_NORM_MOMENTUM = 0.98
"""Keras gives V2 0.999 (V1 0.99), which is too slow for the 1,500 steps that fine-tuning has."""


def mobilenet(image: Any, weights: str, *, alpha: float) -> Any:
    """MobileNet V1 of this width (Howard et al. 2017), without its top."""
    return application("MobileNet", image, weights, "symmetric", momentum=BATCH_NORM_MOMENTUM, alpha=alpha)


def mobilenet_v2(image: Any, weights: str, *, alpha: float) -> Any:
    """MobileNet V2 of this width (Sandler et al., CVPR 2018), without its top."""
    return application("MobileNetV2", image, weights, "symmetric", momentum=BATCH_NORM_MOMENTUM, alpha=alpha)
