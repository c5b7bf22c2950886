"""Stored grey values to 8 bits, where a file names its bit depth wrongly or not at all."""

import numpy as np
from numpy.typing import NDArray

BIT_DEPTHS = (8, 10, 12, 14, 16)


def used_bits(pixels: NDArray[np.uint16]) -> int:
    """Return the smallest usual bit depth that holds every value.

    A 16-bit PNG or TIFF is often a 12-bit radiograph in a 16-bit box; dividing by 257 would turn it black.
    """
    highest = int(pixels.max(initial=0))
    return next(bits for bits in BIT_DEPTHS if highest < 1 << bits)


def to_eight_bits(pixels: NDArray[np.uint16], bits: int) -> NDArray[np.uint8]:
    """Map 0 .. 2**bits - 1 linearly onto 0 .. 255, rounding to nearest; shape is kept."""
    top = (1 << bits) - 1
    table = ((np.arange(top + 1, dtype=np.uint32) * 255 + top // 2) // top).astype(np.uint8)
    return table[pixels]
