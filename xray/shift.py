"""A radiograph as another hospital might have sent it: seeded shifts for validation and for parity.

A validation fold cut from the training hospital looks near-perfect whatever the model is worth (AUROC 0.997–0.999
here). The same fold cropped, turned, re-exposed, softened and re-sampled tells good models from bad ones, and shows
what quantization does to them. The ranges are those of the training augmentation (`train/learning/augment.py`), with other
means of drawing and two shifts that training does not have (coarser sampling, unsharp masking): figures on these images
are kinder than those of a hospital that nobody asked.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from xray.card import InputSpec

AREA = (0.25, 1.0)
RATIO = (0.8, 1.25)
TURN_DEGREES = 10.0
EXPOSURE = (0.7, 1.3)


def shifted(pixels: NDArray[np.uint8], spec: InputSpec, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Shift one radiograph.

    Args:
        pixels: uint8, shape (rows, columns), 0 = black; best 1.4 times the target's size or more, to crop from.
        spec: The target; the crop is stretched onto it.
        rng: Everything is drawn from it.

    Returns:
        uint8, shape (spec.height, spec.width, spec.channels).
    """
    rows, columns = pixels.shape
    area, ratio = rng.uniform(*AREA), np.exp(rng.uniform(*np.log(RATIO)))
    height = min(rows, rows * np.sqrt(area / ratio))
    width = min(columns, columns * np.sqrt(area * ratio))
    centre = (
        rng.uniform(width / 2, columns - width / 2) if width < columns else columns / 2,
        rng.uniform(height / 2, rows - height / 2) if height < rows else rows / 2,
    )
    turn = np.deg2rad(rng.uniform(-TURN_DEGREES, TURN_DEGREES))
    image = Image.fromarray(pixels).filter(_focus(rng))
    image = _coarsen(image, rng.uniform(0.5, 1.0))
    image = _cut(image, centre, (width, height), float(turn), (spec.width, spec.height))
    exposed = _expose(np.asarray(image, np.float32), rng.uniform(*EXPOSURE), rng.uniform(*EXPOSURE))
    return np.repeat(exposed[:, :, np.newaxis], spec.channels, axis=2)


def _focus(rng: np.random.Generator) -> ImageFilter.Filter:
    if rng.random() < 0.5:
        return ImageFilter.GaussianBlur(rng.uniform(0, 1.2))
    return ImageFilter.UnsharpMask(radius=2, percent=int(rng.uniform(0, 150)), threshold=0)


def _coarsen(image: Image.Image, scale: float) -> Image.Image:
    small = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(small, Image.Resampling.BILINEAR).resize(image.size, Image.Resampling.BILINEAR)


def _cut(
    image: Image.Image, centre: tuple[float, float], box: tuple[float, float], turn: float, target: tuple[int, int]
) -> Image.Image:
    """Take a turned box out of an image and stretch it onto the target; what lies outside is black."""
    step_x, step_y = box[0] / target[0], box[1] / target[1]
    cos, sin = np.cos(turn), np.sin(turn)
    across = (cos * step_x, -sin * step_y)
    down = (sin * step_x, cos * step_y)
    origin_x = centre[0] - across[0] * target[0] / 2 - across[1] * target[1] / 2
    origin_y = centre[1] - down[0] * target[0] / 2 - down[1] * target[1] / 2
    coefficients = (*across, origin_x, *down, origin_y)
    return image.transform(target, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)


def _expose(pixels: NDArray[np.float32], contrast: float, brightness: float) -> NDArray[np.uint8]:
    mean = pixels.mean()
    exposed: NDArray[np.uint8] = np.rint(np.clip(((pixels - mean) * contrast + mean) * brightness, 0, 255)).astype(
        np.uint8
    )
    return exposed
