"""Drawn radiographs: two lungs, ribs, a heart, and an opacity if asked for. For tests, demos and golden cases.

They look enough like a chest to exercise every stage, and are nothing like evidence: no figure is measured on them.
"""

import sys

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

_SIDE = 512  # drawn at this size, then resized, so that one seed looks the same at every size


def draw(seed: int, *, opacity: bool = False, height: int = 512, width: int = 512) -> NDArray[np.uint8]:
    """Draw a frontal chest radiograph.

    Args:
        seed: The same seed draws the same chest; `opacity` only adds to it.
        opacity: Add one to three cloudy opacities inside the lungs.
        height: Rows.
        width: Columns.

    Returns:
        uint8, shape (height, width), 0 = black = air.
    """
    rng = np.random.default_rng(seed)
    centre = _SIDE / 2 + rng.uniform(-16, 16)
    body = _layer([_ellipse(centre, 300, rng.uniform(215, 245), 330)], blur=14)
    lungs = [
        _ellipse(
            centre + side * rng.uniform(88, 104), rng.uniform(238, 258), rng.uniform(68, 82), rng.uniform(150, 175)
        )
        for side in (-1, 1)
    ]
    air = _layer(lungs, blur=9)
    spine = _layer([(centre - 20, 0, centre + 20, _SIDE)], blur=10)
    heart = _layer([_ellipse(centre + rng.uniform(18, 34), 330, rng.uniform(62, 84), rng.uniform(72, 92))], blur=12)
    diaphragm = _layer([_ellipse(centre, 520, 260, rng.uniform(110, 140))], blur=10)

    density = 0.62 * body + 0.16 * spine + 0.3 * heart + 0.25 * diaphragm - 0.46 * air * (1 - 0.8 * heart)
    density += 0.1 * air * _ribs(rng, centre) + 0.05 * _texture(rng)
    gain, offset = rng.uniform(0.9, 1.1), rng.uniform(-0.03, 0.03)
    if opacity:  # last of all draws, so that nothing else changes
        density += 0.32 * air * _clouds(rng, lungs)
    density = density * gain + offset
    pixels = np.rint(np.clip(density, 0, 1) * 255).astype(np.uint8)
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))


def _ellipse(x: float, y: float, half_width: float, half_height: float) -> tuple[float, float, float, float]:
    return x - half_width, y - half_height, x + half_width, y + half_height


def _layer(boxes: list[tuple[float, float, float, float]], blur: float) -> NDArray[np.float64]:
    image = Image.new("L", (_SIDE, _SIDE))
    for box in boxes:
        ImageDraw.Draw(image).ellipse(box, fill=255)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(blur))) / 255


def _ribs(rng: np.random.Generator, centre: float) -> NDArray[np.float64]:
    image = Image.new("L", (_SIDE, _SIDE))
    first, gap = rng.uniform(95, 115), rng.uniform(36, 42)
    for number in range(9):
        y = first + number * gap
        for side in (-1, 1):
            box = _ellipse(centre + side * 95, y + 40, 115, 62)
            ImageDraw.Draw(image).arc(box, 190, 350, fill=255, width=11)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(3))) / 255


def _texture(rng: np.random.Generator) -> NDArray[np.float64]:
    coarse = Image.fromarray(rng.integers(0, 256, (_SIDE // 4, _SIDE // 4), dtype=np.uint8))
    grain = coarse.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2))
    return np.asarray(grain) / 255 - 0.5


def _clouds(rng: np.random.Generator, lungs: list[tuple[float, float, float, float]]) -> NDArray[np.float64]:
    clouds = np.zeros((_SIDE, _SIDE))
    rows, columns = np.mgrid[:_SIDE, :_SIDE]
    for _ in range(rng.integers(1, 4)):
        left, top, right, bottom = lungs[rng.integers(2)]
        x, y = rng.uniform(left + 25, right - 25), rng.uniform((top + bottom) / 2, bottom - 50)
        radius = rng.uniform(30, 55)
        clouds += np.exp(-(((columns - x) / radius) ** 2 + ((rows - y) / (0.8 * radius)) ** 2))
    return np.clip(clouds, 0, 1)


if __name__ == "__main__":
    # `python -m xray.phantom [SEED] > drawn.png`: something to drop where no radiograph is at hand.
    drawing = draw(int(sys.argv[1]) if len(sys.argv) > 1 else 1, opacity=True, height=1024, width=1024)
    Image.fromarray(drawing).save(sys.stdout.buffer, "PNG")
