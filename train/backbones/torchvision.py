"""ResNet18 and DenseNet161 as torchvision has them, from its published weights, an .h5 file, or nothing."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.backbones import torch_weights
from train.backbones.dense import dense
from train.backbones.pretrained import check_there, pour
from train.backbones.residual import residual
from train.backbones.scaling import STANDARDIZED
from xray.errors import SetupError

if TYPE_CHECKING:
    import tf_keras as keras


def resnet18(image: Any, weights: str) -> Any:
    """ResNet18 (He et al., CVPR 2016, table 1), without its top."""
    return _network("ResNet18", partial(residual, widths=(64, 128, 256, 512), blocks=2, kernel=7), image, weights)


def densenet161(image: Any, weights: str) -> Any:
    """DenseNet161 (growth 48; its authors' widest, after Huang et al., CVPR 2017), without its top."""
    return _network("DenseNet161", partial(dense, growth=48, initial=96, blocks=(6, 12, 36, 24)), image, weights)


def _network(title: str, build: Callable[[Any], Any], image: Any, weights: str) -> Any:
    import tf_keras as keras

    features = build(STANDARDIZED(image))
    if weights != "none":
        pour(_published(title, build, image.shape, weights), keras.Model(image, features), STANDARDIZED)
    return features


def _published(title: str, build: Callable[[Any], Any], shape: tuple[int | None, ...], weights: str) -> "keras.Model":
    """Build the network for colour pictures, filled from a file.

    Raises:
        SetupError: There is no such file, or it holds something else.
    """
    import tf_keras as keras

    if weights == "imagenet":
        raise SetupError(
            f"Keras has no download of {title}: save torchvision's weights as .safetensors where PyTorch is installed "
            "(train/backbones/torch_weights.py tells how) and give that file as --weights, or --weights none"
        )
    check_there(weights)
    suffix = Path(weights).suffix
    if suffix not in (*torch_weights.SUFFIXES, ".h5"):
        raise SetupError(
            f"the weights {weights} are of no known kind; expected a PyTorch state dict as .safetensors or .npz (a .pth "
            f"is a program: train/backbones/torch_weights.py tells how to turn it), or an .h5 of {title} without top"
        )
    image = keras.Input((*shape[1:3], 3))
    colour = keras.Model(image, build(image))
    if suffix == ".h5":
        try:
            colour.load_weights(weights)
        except (ValueError, OSError) as error:
            raise SetupError(f"the weights {weights} cannot be loaded into {title}: {error}") from error
    else:
        torch_weights.fill(colour, torch_weights.read(Path(weights)), title, weights)
    return colour
