"""The stored values of a DICOM picture: one named decoder for each transfer syntax."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray.errors import RejectedImage
from xray.formats.dicom_codestream import check_jpeg, check_jpeg_2000, check_rle
from xray.formats.dicom_elements import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, PixelValue, Skeleton
from xray.formats.dicom_header import Raster, require
from xray.reasons import Reason

NATIVE = (IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED)
"""Transfer syntaxes whose pixels are not encoded."""

Stored = NDArray[np.unsignedinteger[Any]]
"""The stored bits of each pixel, shape (rows, columns). Signed values are in two's complement, without the sign being
extended, so that they index a table of 2**bits_stored entries."""


@dataclass(frozen=True)
class Codec:
    """How the frames of a transfer syntax are decoded."""

    plugin: str
    """pydicom's name for it. Named, because pydicom otherwise tries whatever is installed, in its own order."""
    modules: tuple[str, ...]
    check: Callable[[bytes, Raster], bytes]
    """Holds the codestream against the header before it is decoded, and sets known slips of writers right."""


_RLE = Codec("pylibjpeg", ("pylibjpeg", "rle"), check_rle)
_J2K = Codec("pylibjpeg", ("pylibjpeg", "openjpeg"), check_jpeg_2000)
_LOSSLESS = Codec("pylibjpeg", ("pylibjpeg", "libjpeg"), partial(check_jpeg, processes=frozenset((0xC3,))))
_JPEG_LS = Codec("pyjpegls", ("jpeg_ls",), partial(check_jpeg, processes=frozenset((0xF7,))))

CODECS = {
    "1.2.840.10008.1.2.5": _RLE,
    # JPEG baseline, 8 bits
    "1.2.840.10008.1.2.4.50": Codec("pillow", ("PIL",), partial(check_jpeg, processes=frozenset((0xC0, 0xC1)))),
    # JPEG extended, 12 bits (and 8)
    "1.2.840.10008.1.2.4.51": Codec(
        "pylibjpeg", ("pylibjpeg", "libjpeg"), partial(check_jpeg, processes=frozenset((0xC0, 0xC1)))
    ),
    # JPEG lossless, any predictor and the first
    "1.2.840.10008.1.2.4.57": _LOSSLESS,
    "1.2.840.10008.1.2.4.70": _LOSSLESS,
    # JPEG-LS, lossless and near-lossless
    "1.2.840.10008.1.2.4.80": _JPEG_LS,
    "1.2.840.10008.1.2.4.81": _JPEG_LS,
    # JPEG 2000, lossless and not
    "1.2.840.10008.1.2.4.90": _J2K,
    "1.2.840.10008.1.2.4.91": _J2K,
    # High-throughput JPEG 2000: lossless, lossless by resolution, not lossless
    "1.2.840.10008.1.2.4.201": _J2K,
    "1.2.840.10008.1.2.4.202": _J2K,
    "1.2.840.10008.1.2.4.203": _J2K,
}


def read_stored(skeleton: Skeleton, pixels: PixelValue, raster: Raster) -> Stored:
    """Decode the stored values.

    Raises:
        RejectedImage: The encoding is not read, says otherwise than the header, or cannot be decoded.
        SetupError: The decoder that this transfer syntax needs is not installed.
    """
    if pixels.kind != "integer":
        raise RejectedImage(Reason.UNSUPPORTED_PIXELS, f"expected whole numbers, got {pixels.kind}")
    if skeleton.syntax not in CODECS and skeleton.syntax not in NATIVE:
        raise RejectedImage(Reason.UNSUPPORTED_ENCODING, "its transfer syntax is not read")
    if pixels.encapsulated != (skeleton.syntax in CODECS):
        raise RejectedImage(Reason.DAMAGED, "its pixels are not coded as its transfer syntax says")
    if not pixels.complete:
        raise RejectedImage(Reason.INCOMPLETE, "the pixels end early")
    if not pixels.encapsulated:
        return _native(pixels, raster, little=skeleton.coding.little)
    codec = CODECS[skeleton.syntax]
    frame = b"".join(pixels.fragments)
    if len(frame) > 2 * raster.rows * raster.columns * raster.bits_allocated // 8 + (64 << 10):
        raise RejectedImage(Reason.DAMAGED, "the encoded picture is longer than the picture")
    return _encapsulated(codec.check(frame, raster), skeleton.syntax, codec, raster)


def _native(pixels: PixelValue, raster: Raster, *, little: bool) -> Stored:
    (value,) = pixels.fragments
    count = raster.rows * raster.columns
    if len(value) * 8 < count * raster.bits_allocated:
        raise RejectedImage(
            Reason.INCOMPLETE, f"expected {count * raster.bits_allocated // 8} bytes of pixels, got {len(value)}"
        )
    if raster.bits_allocated == 8:
        stored: Stored = np.frombuffer(value, np.uint8)
        if pixels.words and not little:  # big-endian words swap every two pixels (PS3.5 annex A.3)
            stored = stored[: len(stored) // 2 * 2].reshape(-1, 2)[:, ::-1].reshape(-1)
        if len(stored) < count:
            raise RejectedImage(Reason.INCOMPLETE, f"expected {count} bytes of pixels, got {len(stored)}")
        stored = stored[:count]
    else:
        stored = np.frombuffer(value, "<u2" if little else ">u2", count)
    # Unused bits may hold overlays in files of before 2004 (PS3.5 section 8.1.2).
    mask = stored.dtype.type((1 << raster.bits_stored) - 1)
    return np.asarray((stored >> raster.shift) & mask).reshape(raster.rows, raster.columns)


def _encapsulated(frame: bytes, syntax: str, codec: Codec, raster: Raster) -> Stored:
    for module in ("pydicom", *codec.modules):
        require(module)
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    picture: dict[str, Any] = {
        "rows": raster.rows,
        "columns": raster.columns,
        "samples_per_pixel": 1,
        "number_of_frames": 1,
        "bits_allocated": raster.bits_allocated,
        "bits_stored": raster.bits_stored,
        "pixel_representation": int(raster.signed),
        "photometric_interpretation": raster.photometric,
        "pixel_keyword": "PixelData",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            decoded, _ = get_decoder(UID(syntax)).as_array(
                encapsulate([frame], has_bot=False), index=0, raw=True, decoding_plugin=codec.plugin, **picture
            )
        except MemoryError:
            raise
        except BaseException as error:
            # Four decoders in three languages raise whatever they stumble over; the codestream alone is at fault.
            # What the one in Rust (RLE) does not expect is a panic, which is no Exception.
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            raise RejectedImage(Reason.DAMAGED, "its encoded picture cannot be decoded") from error
    unsigned: Stored = decoded.view(f"u{decoded.dtype.itemsize}")
    mask = (1 << raster.bits_stored) - 1
    lowest = -(1 << raster.bits_stored - 1) if raster.signed else 0
    # A codestream may have room for more bits than are stored, but not use it. JPEG knows no signed samples: what is
    # signed comes with its sign extended, or not.
    if unsigned.max() > mask and (decoded.min() < lowest or decoded.max() > lowest + mask):
        raise RejectedImage(Reason.DAMAGED, f"its encoded picture has values beyond {raster.bits_stored} bits")
    return np.asarray(unsigned & unsigned.dtype.type(mask))
