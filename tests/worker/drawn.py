"""Pictures to drop: drawn radiographs as bytes, each one different from all others."""

import io
from functools import cache

from PIL import Image

from xray.phantom import draw


@cache
def _chest(seed: int) -> Image.Image:
    return Image.fromarray(draw(seed, opacity=bool(seed % 2), height=192, width=192))


def jpeg(number: int) -> bytes:
    """A JPEG; its comment makes it unlike any other, its pixels come from one of eight drawings."""
    buffer = io.BytesIO()
    _chest(number % 8).save(buffer, "JPEG", quality=85, comment=f"number {number}".encode())
    return buffer.getvalue()


def png(number: int) -> bytes:
    buffer = io.BytesIO()
    _chest(number % 8).save(buffer, "PNG")
    return buffer.getvalue()


def tiff(number: int) -> bytes:
    buffer = io.BytesIO()
    _chest(number % 8).save(buffer, "TIFF")
    return buffer.getvalue()
