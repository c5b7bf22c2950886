"""ResNets of basic blocks, from the published weights of torchvision or from nothing."""

from typing import Any

from train.backbones.residual import residual
from train.backbones.scaling import symmetric
from xray.errors import SetupError


def resnet_small(image: Any, weights: str) -> Any:
    """Three stages of two blocks, 24 to 96 filters, from nothing: twelve convolutions of 3×3 and a stem, 0.4 million numbers."""
    if weights != "none":
        raise SetupError(f"the small residual network starts from nothing; expected --weights none, got {weights}")
    return residual(symmetric(image), widths=(24, 48, 96), blocks=2, kernel=3)
