"""Radiograph to model input: size and geometry, in one place, for training, calibration and serving."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xray.card import InputSpec
from xray.radiograph import Radiograph


def preprocess(radiograph: Radiograph, spec: InputSpec) -> NDArray[np.uint8]:
    """Bring a radiograph to the size that a model wants.

    Resizing is antialiased (Pillow's triangle filter over the whole footprint of a target pixel): nearest or plain
    bilinear sampling, as `image_dataset_from_directory` does, is up to 74 grey levels away on a sharp radiograph.

    Args:
        radiograph: uint8 pixels, shape (rows, columns).
        spec: `stretch` fills the target and gives up the aspect ratio; `pad` keeps it and centres the picture on
            black (air).

    Returns:
        uint8, shape (spec.height, spec.width, spec.channels), range 0..255, not scaled: scaling lives in the graph.
    """
    image = Image.fromarray(radiograph.pixels)
    target = (spec.width, spec.height)
    if spec.geometry == "stretch":
        pixels = np.asarray(_resize(image, radiograph.extent, target))
    else:
        pixels = _pad(image, radiograph.extent, target)
    return np.repeat(pixels[:, :, np.newaxis], spec.channels, axis=2)


def decode_side(spec: InputSpec) -> int:
    """Return what `decode(at_least=…)` needs so that nothing that `preprocess` keeps is lost."""
    return max(spec.height, spec.width)


def _resize(image: Image.Image, extent: tuple[float, float], target: tuple[int, int]) -> Image.Image:
    return image.resize(target, Image.Resampling.BILINEAR, box=(0, 0, *extent))


def _pad(image: Image.Image, extent: tuple[float, float], target: tuple[int, int]) -> NDArray[np.uint8]:
    scale = min(target[0] / extent[0], target[1] / extent[1])
    size = (max(1, round(extent[0] * scale)), max(1, round(extent[1] * scale)))
    canvas = Image.new("L", target, 0)
    corner = ((target[0] - size[0]) // 2, (target[1] - size[1]) // 2)
    canvas.paste(_resize(image, extent, size), corner)
    return np.asarray(canvas)
