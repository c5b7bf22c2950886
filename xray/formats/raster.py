"""JPEG, PNG and TIFF through Pillow, each opened by its own decoder only."""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from xray.errors import RejectedImage
from xray.formats.grey import BIT_DEPTHS, to_eight_bits, used_bits
from xray.radiograph import Radiograph, Source
from xray.reasons import Reason

MAX_PIXELS = 100_000_000
"""The largest digital detectors give some 20 megapixels; a scanned film at 600 dpi some 85."""

MAX_SCANNED_PIXELS = 1_000_000_000
"""Pixels times scans of a JPEG, progressive or not, each of which goes over the whole picture. Encoders write up to 10 scans;
a 371 kB file with thousands of them kept libjpeg busy for 19 seconds."""

_BIG_ENDIAN_BIGTIFF = b"MM\x00+"  # which Pillow lists but does not read
_WHITE_IS_ZERO = 0  # TIFF 6.0, section 8, PhotometricInterpretation
_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC = 256, 257, 258, 262
_SIDEWAYS = (5, 6, 7, 8)  # Exif 2.32, table 6, Orientation


def is_jpeg(head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff")


def is_png(head: bytes) -> bool:
    return head.startswith(b"\x89PNG\r\n\x1a\n")


def is_tiff(head: bytes) -> bool:
    return head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"))


def decode_jpeg(data: bytes, at_least: int | None) -> Radiograph:
    return _decode(data, "JPEG", at_least)


def decode_png(data: bytes, at_least: int | None) -> Radiograph:
    return _decode(data, "PNG", at_least)


def decode_tiff(data: bytes, at_least: int | None) -> Radiograph:
    return _decode(data, "TIFF", at_least)


def _decode(data: bytes, format_name: str, at_least: int | None) -> Radiograph:
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata and of large pictures; what matters to us is checked below.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=(format_name,)) as image:
                _check_cost(data, image, format_name)
                return _read(data, image, at_least)
    except RejectedImage:
        raise
    except Image.DecompressionBombError as error:
        raise RejectedImage(Reason.TOO_LARGE, f"expected at most {MAX_PIXELS} pixels") from error
    except UnidentifiedImageError as error:
        if format_name == "TIFF" and _is_readable_directory(data):
            raise RejectedImage(Reason.UNSUPPORTED_ENCODING, "a kind of TIFF that is not read") from error
        raise RejectedImage(Reason.DAMAGED, f"its {format_name} header cannot be read") from error
    except MemoryError as error:
        raise RejectedImage(Reason.TOO_LARGE, "its pixels do not fit into the memory allowed") from error
    except EOFError as error:
        raise RejectedImage(Reason.INCOMPLETE, f"its {format_name} data end early") from error
    except Exception as error:
        # Pillow's plugins raise whatever their parsers stumble over (OSError, SyntaxError, ValueError, struct.error,
        # zlib.error, …). The picture is the only thing that can be at fault here.
        reason = Reason.INCOMPLETE if "truncated" in str(error).lower() else Reason.DAMAGED
        raise RejectedImage(reason, f"its {format_name} data cannot be decoded") from error


def _check_cost(data: bytes, image: Image.Image, format_name: str) -> None:
    pixels = image.width * image.height
    if pixels > MAX_PIXELS:
        raise RejectedImage(Reason.TOO_LARGE, f"expected at most {MAX_PIXELS} pixels, got {image.width}×{image.height}")
    if getattr(image, "is_animated", False) and image.format != "MPO":  # a photograph with previews inside
        raise RejectedImage(Reason.SEVERAL_FRAMES, "expected one picture, got several")
    if format_name == "JPEG" and data.count(b"\xff\xda") * pixels > MAX_SCANNED_PIXELS:
        raise RejectedImage(Reason.TOO_SLOW, f"expected at most {MAX_SCANNED_PIXELS} pixels times scans")


def _read(data: bytes, image: Image.Image, at_least: int | None) -> Radiograph:
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    width, height = image.size
    inverted = kind == "TIFF" and image.mode.startswith("I") and _white_is_zero(image)
    orientation = 1 if kind == "TIFF" else image.getexif().get(ExifTags.Base.Orientation, 1)  # TIFF's size is turned
    sideways = orientation in _SIDEWAYS
    # A turned picture is decoded in full: rounding up its reduced size adds to its far side (`Radiograph.extent`),
    # which turning may bring to the near one.
    if at_least is not None and kind == "JPEG" and orientation == 1:
        image.draft("L", (2 * at_least, 2 * at_least))
    image.load()
    pixels, bits = _grey(ImageOps.exif_transpose(image), cut=_is_cut_to_eight(data, image))
    return Radiograph(
        np.ascontiguousarray(255 - pixels if inverted else pixels),
        Source(
            format=kind,
            width=height if sideways else width,
            height=width if sideways else height,
            bits_stored=bits,
            polarity="MONOCHROME1" if inverted else "MONOCHROME2",
            window="none" if bits == 8 else f"{bits}-bit range",
        ),
    )


def _is_readable_directory(data: bytes) -> bool:
    """Tell whether a TIFF that Pillow does not know has a header that makes sense: then it is not damaged."""
    if data.startswith(_BIG_ENDIAN_BIGTIFF):
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            directory = TiffImagePlugin.ImageFileDirectory_v2(data[: 16 if data[2] == 43 else 8])
            file = io.BytesIO(data)
            file.seek(directory.next)
            directory.load(file)
            return bool(directory[_WIDTH] and directory[_HEIGHT] and directory[_BITS])
    except Exception:  # whatever Pillow's parser stumbles over; the caller then says damaged
        return False


def _is_cut_to_eight(data: bytes, image: Image.Image) -> bool:
    """Tell whether Pillow gives the upper 8 bits only of what has 16 in the file: it does so for colour and alpha."""
    if image.mode.startswith("I"):
        return False
    if image.format == "PNG":
        return data[24] == 16  # PNG, section 11.2.2: bit depth
    bits = getattr(image, "tag_v2", {}).get(_BITS, (8,))
    return bool(max(bits if isinstance(bits, tuple) else (bits,)) > 8)


def _white_is_zero(image: Image.Image) -> bool:
    # Pillow inverts WhiteIsZero pictures of 8 bits and fewer by itself, but hands out those of 16 bits as stored.
    return getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def _grey(image: Image.Image, *, cut: bool) -> tuple[NDArray[np.uint8], int]:
    """Return uint8 grey values of shape (rows, columns), and the bits that they came from."""
    if image.mode == "L":
        return np.asarray(image), 8
    if image.mode.startswith("I;16") or image.mode == "I":
        stored = np.asarray(image)
        if stored.min(initial=0) < 0 or stored.max(initial=0) > 65535:
            raise RejectedImage(Reason.UNSUPPORTED_PIXELS, "expected grey values of 0 to 65535")
        values = stored.astype(np.uint16)
        bits = used_bits(values)
        return to_eight_bits(values, bits), bits
    if image.mode == "F":
        raise RejectedImage(Reason.UNSUPPORTED_PIXELS, "expected whole grey values, got floating point")
    if image.mode == "1":
        raise RejectedImage(Reason.UNSUPPORTED_PIXELS, "expected grey values, got black and white")
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        # What shines through is black, as on a light box with nothing on it: air.
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, (0, 0, 0, 255)), rgba)
    if image.mode not in ("RGB", "RGBA", "RGBX", "CMYK", "YCbCr"):
        raise RejectedImage(Reason.UNSUPPORTED_PIXELS, "expected grey, RGB, CMYK or YCbCr")
    grey = np.asarray(image.convert("L"))
    if cut and used_bits(grey * np.uint16(256)) < BIT_DEPTHS[-1]:
        # 10, 12 or 14 bits in a box of 16: what is left of them in the upper 8 is next to nothing.
        raise RejectedImage(Reason.UNSUPPORTED_PIXELS, "expected 16-bit colour to use its 16 bits; send it as grey")
    return grey, 8
