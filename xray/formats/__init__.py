"""Bytes to radiograph: one decoder per format, chosen by the leading bytes, never by the name."""

from collections.abc import Callable
from dataclasses import dataclass

from xray.errors import RejectedImage
from xray.formats import dicom, dicom_identity, raster
from xray.radiograph import Identity, Radiograph
from xray.reasons import Reason

MIN_SIDE_PIXELS = 64
"""A shorter side has too little left of a chest to judge; thumbnails and icons are smaller than this."""


@dataclass(frozen=True)
class Format:
    """A file format: how to know it and how to read it."""

    name: str
    matches: Callable[[bytes], bool]
    decode: Callable[[bytes, int | None], Radiograph]
    identify: Callable[[bytes], Identity | None] = lambda data: None
    """What names the picture among all others, where the format knows such a thing."""


FORMATS = (
    # First: a DICOM file may have the header of a TIFF file in its preamble, and read as that it would pass by the
    # gate on its modality, body part and view.
    Format("DICOM", dicom.is_dicom, dicom.decode, dicom_identity.identify),
    Format("JPEG", raster.is_jpeg, raster.decode_jpeg),
    Format("PNG", raster.is_png, raster.decode_png),
    Format("TIFF", raster.is_tiff, raster.decode_tiff),
)


def sniff(data: bytes) -> Format | None:
    """Return the format that these leading bytes belong to (200 bytes are enough), or None."""
    return next((known for known in FORMATS if known.matches(data)), None)


def decode(data: bytes, *, at_least: int | None = None) -> Radiograph:
    """Read one radiograph from the bytes of a file.

    Args:
        data: The whole file.
        at_least: Smallest side, in pixels, that the caller needs: a JPEG may then be decoded at 1/2, 1/4 or 1/8
            of its size, as long as both sides stay at least twice this. None decodes at full size.

    Returns:
        The radiograph: uint8, shape (rows, columns), 0 = black = air.

    Raises:
        RejectedImage: The bytes are not a radiograph that can be answered; its reason says why.
    """
    if not data:
        raise RejectedImage(Reason.EMPTY)
    known = sniff(data)
    if known is None:
        raise RejectedImage(Reason.UNKNOWN_FORMAT)
    radiograph = known.decode(data, at_least)
    shorter = min(radiograph.source.width, radiograph.source.height)
    if shorter < MIN_SIDE_PIXELS:
        raise RejectedImage(Reason.TOO_SMALL, f"expected at least {MIN_SIDE_PIXELS} pixels a side, got {shorter}")
    if radiograph.pixels.min() == radiograph.pixels.max():
        raise RejectedImage(Reason.BLANK, f"every pixel is {radiograph.pixels.flat[0]}")
    return radiograph
