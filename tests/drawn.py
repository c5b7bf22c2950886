"""Drawn radiographs as files, for every test that needs a data set or something to drop."""

import io
from pathlib import Path

from PIL import Image

from xray.phantom import draw


def png(seed: int, *, opacity: bool = False, side: int = 192) -> bytes:
    """Return a drawn radiograph as the bytes of a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(draw(seed, opacity=opacity, height=side, width=side)).save(buffer, "PNG")
    return buffer.getvalue()


def write_classes(root: Path, count: int, *, first_seed: int = 0) -> Path:
    """Write `count` radiographs of each class: `clear/` and `opacity/`."""
    for label, opacity in (("clear", False), ("opacity", True)):
        folder = root / label
        folder.mkdir(parents=True)
        for at in range(count):
            seed = first_seed + 2 * at + opacity
            (folder / f"{seed:04d}.png").write_bytes(png(seed, opacity=opacity))
    return root
