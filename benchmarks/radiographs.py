"""Files to measure with: real radiographs where LUNGWATCH_DATA names them, else drawn ones, and which it was."""

import io
import os
import struct
import zlib
from functools import cache
from pathlib import Path

from PIL import Image

from xray.phantom import draw


def radiographs() -> tuple[list[bytes], str]:
    """Return JPEG files and what they are, in words."""
    folder = Path(os.environ.get("LUNGWATCH_DATA", "../shared/data")) / "originals"
    files = [path.read_bytes() for path in sorted(folder.glob("*/*.jpeg"))]
    if files:
        return files, f"{len(files)} real radiographs at full size (originals/)"
    for seed in range(24):
        buffer = io.BytesIO()
        Image.fromarray(draw(seed, opacity=seed % 2 == 1, height=1200, width=1500)).save(buffer, "JPEG", quality=90)
        files.append(buffer.getvalue())
    return files, "24 DRAWN radiographs of 1500×1200: set LUNGWATCH_DATA to measure on real ones"


def copies(files: list[bytes], count: int) -> list[bytes]:
    """Return `count` files of different bytes and equal pixels: each carries a comment of its own.

    Identical bytes would be duplicates, and the worker answers those differently.
    """
    made = []
    for number in range(count):
        data = files[number % len(files)]
        comment = f"copy {number:08d}".encode()
        made.append(data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:])
    return made


def tiny(number: int) -> bytes:
    """Return a PNG of a few hundred bytes: all have the same size and picture, and each a text chunk of its own."""
    plain = _plain()
    text = b"tEXtComment\0%012d" % number
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return plain[:33] + chunk + plain[33:]  # signature and IHDR take 33 bytes


@cache
def _plain() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).save(buffer, "PNG")
    return buffer.getvalue()
