"""One X-ray picture, decoded: pixels that mean the same whatever file they came from."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Source:
    """What the file said about its picture, kept for the result. Never holds anything that names a patient."""

    format: str
    """`JPEG`, `PNG`, `TIFF` or `DICOM`."""
    width: int
    """Columns of the picture as stored, after any rotation that the file asks for."""
    height: int
    """Rows, likewise."""
    bits_stored: int
    """Bits that carry a grey value: mostly 8, 10, 12, 14 or 16."""
    polarity: str = "MONOCHROME2"
    """`MONOCHROME2` (low is black) or `MONOCHROME1` (low is white; the pixels were inverted on reading)."""
    window: str = "none"
    """How stored values became 8 bits, in words: `none`, `12-bit range`, `center 2048 width 4096`,
    `VOI LUT`, `values 12 to 4003 (the file names none)`, …"""
    view: str = ""
    """`PA`, `AP` or empty where the file does not say."""


@dataclass(frozen=True)
class Identity:
    """What names one picture among all others. Shows nothing of itself when it is printed or logged."""

    sop_instance_uid: str | None = field(default=None, repr=False)
    study_instance_uid: str | None = field(default=None, repr=False)
    accession_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Radiograph:
    """One X-ray picture: uint8, shape (rows, columns), 0 = black = air, 255 = white = dense."""

    pixels: NDArray[np.uint8]
    """May be smaller than `source` says where the caller asked for a reduced decode."""
    source: Source

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height of the picture, counted in its own pixels.

        A reduced decode rounds its size up: of 1001 columns at an eighth come 126, of which the picture fills 125.125.
        Taking it for 126 would shift its far side by most of a pixel, which is up to 21 grey levels after resizing.
        """
        rows, columns = self.pixels.shape
        for part in (1, 2, 4, 8):
            if (-(-self.source.width // part), -(-self.source.height // part)) == (columns, rows):
                return self.source.width / part, self.source.height / part
        return float(columns), float(rows)
