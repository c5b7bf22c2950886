"""DenseNet121, 169 and 201 from Keras, for gray or RGB input, from ImageNet weights or from nothing."""

from typing import Any

from train.backbones.application import application
from train.backbones.scaling import STANDARDIZED


def densenet(image: Any, weights: str, *, depth: int) -> Any:
    """DenseNet of 121, 169 or 201 layers (Huang et al., CVPR 2017, table 1), without its top."""
    return application(f"DenseNet{depth}", image, weights, STANDARDIZED)
