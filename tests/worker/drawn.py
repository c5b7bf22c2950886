"""Pictures to drop: drawn radiographs as bytes, each one different from all others."""

import io
import struct
import zlib
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


def tiny_png(number: int) -> bytes:
    """A PNG of a few hundred bytes; all have the same size, and each has a text chunk of its own."""
    return _tiny()[:33] + _chunk(b"tEXt", b"Comment\0%012d" % number) + _tiny()[33:]


@cache
def _tiny() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).save(buffer, "PNG")
    return buffer.getvalue()  # signature and IHDR take 33 bytes


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
