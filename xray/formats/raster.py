"""JPEG, PNG and TIFF through Pillow, each opened by its own decoder only."""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from xray.errors import RejectedImage
from xray.formats.grey import to_eight_bits, used_bits
from xray.radiograph import Radiograph, Source
from xray.reasons import Reason

MAX_PIXELS = 100_000_000
"""The largest digital detectors give some 20 megapixels; a scanned film at 600 dpi some 85."""

_WHITE_IS_ZERO = 0  # TIFF 6.0, section 8, PhotometricInterpretation
_PHOTOMETRIC_TAG = 262


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
                return _read(image, format_name, at_least)
    except RejectedImage:
        raise
    except Image.DecompressionBombError as error:
        raise RejectedImage(Reason.TOO_LARGE, f"expected at most {MAX_PIXELS} pixels") from error
    except UnidentifiedImageError as error:
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


def _read(image: Image.Image, format_name: str, at_least: int | None) -> Radiograph:
    if image.width * image.height > MAX_PIXELS:
        raise RejectedImage(Reason.TOO_LARGE, f"expected at most {MAX_PIXELS} pixels, got {image.width}×{image.height}")
    if format_name != "JPEG" and getattr(image, "n_frames", 1) > 1:
        raise RejectedImage(Reason.SEVERAL_FRAMES, f"expected one picture, got {getattr(image, 'n_frames')}")
    width, height = image.size
    inverted = format_name == "TIFF" and image.mode.startswith("I") and _white_is_zero(image)
    if at_least is not None and format_name == "JPEG":
        image.draft("L", (2 * at_least, 2 * at_least))
    image.load()
    turned = ImageOps.exif_transpose(image)
    if (turned.width > turned.height) != (image.width > image.height):
        width, height = height, width
    pixels, bits = _grey(turned)
    return Radiograph(
        np.ascontiguousarray(255 - pixels if inverted else pixels),
        Source(
            format=format_name,
            width=width,
            height=height,
            bits_stored=bits,
            polarity="MONOCHROME1" if inverted else "MONOCHROME2",
            window="none" if bits == 8 else f"{bits}-bit range",
        ),
    )


def _white_is_zero(image: Image.Image) -> bool:
    # Pillow inverts WhiteIsZero pictures of 8 bits and fewer by itself, but hands out those of 16 bits as stored.
    return getattr(image, "tag_v2", {}).get(_PHOTOMETRIC_TAG) == _WHITE_IS_ZERO


def _grey(image: Image.Image) -> tuple[NDArray[np.uint8], int]:
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
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        # What shines through is black, as on a light box with nothing on it: air.
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, (0, 0, 0, 255)), rgba)
    return np.asarray(image.convert("L")), 8
