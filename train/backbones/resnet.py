"""Residual networks: ResNet50 from Keras, and a small one from nothing."""

from typing import Any

from train.backbones.application import application
from train.backbones.residual import residual
from train.backbones.scaling import CENTRED, SYMMETRIC
from xray.errors import SetupError


def resnet50(image: Any, weights: str) -> Any:
    """ResNet50 (He et al., CVPR 2016, table 1), without its top."""
    return application("ResNet50", image, weights, CENTRED)


def resnet_small(image: Any, weights: str) -> Any:
    """Three stages of two basic blocks with 24, 48 and 96 filters, on a stem of 3×3: 0.4 million numbers, from nothing.

    The last feature map's sides are a sixteenth of the image's: still 8×8 of 128 px, for the class activation map.
    """
    if weights != "none":
        raise SetupError(f"the small residual network starts from nothing; expected --weights none, got {weights}")
    return residual(SYMMETRIC(image), widths=(24, 48, 96), blocks=2, kernel=3)
