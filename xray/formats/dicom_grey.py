"""Stored values to grey: modality LUT, then VOI LUT or window, then polarity (PS3.3 C.11, PS3.4 N.2).

The chain is worked out once for each of the 2**bits_stored possible values, as 64-bit floats, and the picture then
looks its values up. That gives what highdicom's reference transform gives, value for value, at a tenth of the time.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xray.errors import RejectedImage
from xray.formats.dicom_header import Raster
from xray.formats.dicom_pixels import Stored
from xray.reasons import Reason

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Grey:
    """A picture as it is meant to be seen."""

    pixels: NDArray[np.uint8]
    """Shape (rows, columns), 0 = black = air."""
    window: str
    """Which grey values were shown, in words."""
    inverted: bool


@dataclass(frozen=True)
class Lut:
    """A lookup table out of the header (PS3.3 C.11.1.1 and C.11.2.1.1)."""

    first: int
    """The value that the first entry is for; smaller values get the first entry, larger ones the last."""
    entries: Values

    def __call__(self, values: Values) -> Values:
        index = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1).astype(np.int64)
        return np.asarray(self.entries[index])


def to_grey(stored: Stored, header: "Dataset", raster: Raster) -> Grey:
    """Apply what the header asks for.

    Where it names neither window nor table, the values in use are spread over the whole range, as viewers do: the
    full range of the stored bits would leave many a 16-bit radiograph nearly black. Padding is black, and is not in use.
    """
    levels = _levels(raster)
    padding = _padding(header, levels, signed=raster.signed)
    values = _modality(header, levels)
    shown, window = _voi(header, values) or _in_use(stored, values, padding)
    inverted = _inverted(header, raster)
    table = np.rint(255 - shown if inverted else shown).astype(np.uint8)
    table[padding] = 0
    return Grey(table[stored], window, inverted)


def _levels(raster: Raster) -> NDArray[np.int64]:
    """Return the value that each pattern of stored bits means."""
    patterns = np.arange(1 << raster.bits_stored)
    if not raster.signed:
        return patterns
    return np.where(patterns >> (raster.bits_stored - 1), patterns - len(patterns), patterns)


def _padding(header: "Dataset", levels: NDArray[np.int64], *, signed: bool) -> NDArray[np.bool_]:
    """Return which levels fill the picture up outside the detector (PS3.3 C.7.5.1.1.2), and show nothing."""
    ends = [
        _sixteen_bits(end, signed=signed)
        for end in (header.get("PixelPaddingValue"), header.get("PixelPaddingRangeLimit"))
        if isinstance(end, (int, bytes)) and end != b""
    ]
    if not ends or header.get("PixelPaddingValue") is None:
        return np.zeros(len(levels), np.bool_)
    return np.asarray((levels >= min(ends)) & (levels <= max(ends)))


def _modality(header: "Dataset", levels: NDArray[np.int64]) -> Values:
    tables = header.get("ModalityLUTSequence")
    if tables:
        return _lut(header, tables[0], signed=bool(levels.min() < 0))(levels.astype(np.float64))
    slopes, intercepts = _floats(header, "RescaleSlope"), _floats(header, "RescaleIntercept")
    # A slope of 0 would wipe the picture out; it stands where a writer had none.
    slope, intercept = (slopes or [1.0])[0] or 1.0, (intercepts or [0.0])[0]
    if not np.isfinite(slope) or not np.isfinite(intercept):
        raise RejectedImage(Reason.DAMAGED, "expected a finite rescale slope and intercept")
    return levels.astype(np.float64) * slope + intercept


def _voi(header: "Dataset", values: Values) -> tuple[Values, str] | None:
    """Return values spread over 0..255 by the header's first table or window; None where it has no usable one."""
    tables = header.get("VOILUTSequence")
    if tables:
        lut = _lut(header, tables[0], signed=bool(values.min() < 0))
        return _spread(lut(values), lut.entries.min(), lut.entries.max()), "VOI LUT" + _first_of(len(tables))
    centers, widths = _floats(header, "WindowCenter"), _floats(header, "WindowWidth")
    if not centers or not widths:
        return None
    center, width = centers[0], widths[0]
    function = str(header.get("VOILUTFunction") or "LINEAR").strip().upper()
    if not np.isfinite(center) or not np.isfinite(width) or width <= 0 or (function == "LINEAR" and width < 1):
        return None
    words = f"center {center:g} width {width:g}{_first_of(len(centers))}"
    start = center - width / 2
    if function == "SIGMOID":
        with np.errstate(over="ignore"):
            return 255 / (1 + np.exp(-4 * (values - center) / width)), words + " SIGMOID"
    if function == "LINEAR_EXACT":
        return _spread(values, start, start + width), words + " LINEAR_EXACT"
    if width == 1:  # a step; the formula would divide by 0
        return np.where(values <= center - 0.5, 0.0, 255.0), words
    return _spread(values, start, start + width - 1), words


def _in_use(stored: Stored, values: Values, padding: NDArray[np.bool_]) -> tuple[Values, str]:
    present = np.zeros(len(values), np.bool_)
    present[stored] = True
    used = values[present & ~padding]
    if not used.size:
        raise RejectedImage(Reason.BLANK, "every pixel is padding")
    return _spread(values, used.min(), used.max()), f"values {used.min():g} to {used.max():g} (the file names none)"


def _spread(values: Values, low: float, high: float) -> Values:
    if high == low:
        return np.zeros(len(values))
    return np.clip((values - low) * (255.0 / (high - low)), 0, 255)


def _inverted(header: "Dataset", raster: Raster) -> bool:
    # Presentation LUT Shape is the later and the more exact word (PS3.3 C.11.6); it speaks of what comes out of the
    # chain above, so MONOCHROME1 with IDENTITY is not inverted.
    shape = str(header.get("PresentationLUTShape") or "").strip().upper()
    return shape == "INVERSE" if shape in ("INVERSE", "IDENTITY") else raster.photometric == "MONOCHROME1"


def _lut(header: "Dataset", item: "Dataset", *, signed: bool) -> Lut:
    little = header.original_encoding[1] is not False
    try:
        return _read_lut(item, little, signed=signed)
    except (TypeError, ValueError, OverflowError, AttributeError) as error:  # values of any kind can stand there
        raise RejectedImage(Reason.DAMAGED, "expected whole numbers in a lookup table") from error


def _read_lut(item: "Dataset", little: bool, *, signed: bool) -> Lut:
    count, first, _ = _words(item.get("LUTDescriptor"), little, 3)
    count = (count & 0xFFFF) or 1 << 16
    data = item.get("LUTData")
    if isinstance(data, bytes) and len(data) in (count, count + 1):
        entries: Any = np.frombuffer(data, np.uint8, count)  # 8 bits an entry, two of them in a word
    else:
        entries = np.asarray(_words(data, little, count)) & 0xFFFF
    return Lut(_sixteen_bits(first, signed=signed), entries.astype(np.float64))


def _words(value: Any, little: bool, count: int) -> list[int]:
    """Return the first `count` 16-bit words of a value that pydicom may give as bytes, number or numbers."""
    if isinstance(value, bytes):
        words: list[int] = np.frombuffer(value[: len(value) // 2 * 2], "<u2" if little else ">u2").tolist()
    else:
        words = [value] if isinstance(value, int) else [int(word) for word in value or ()]
    if len(words) < count:
        raise RejectedImage(Reason.DAMAGED, f"expected a lookup table of {count} words, got {len(words)}")
    return words[:count]


def _sixteen_bits(value: int | bytes, *, signed: bool) -> int:
    # The same two bytes are read as US or as SS, depending on Pixel Representation and on who reads.
    if isinstance(value, bytes):
        value = int.from_bytes(value[:2], "little")
    value &= 0xFFFF
    return value - 0x10000 if signed and value >= 0x8000 else value


def _floats(header: "Dataset", name: str) -> list[float]:
    value = header.get(name)
    if value is None or value == "":
        return []
    try:
        return [float(one) for one in ([value] if isinstance(value, (int, float, str)) else value)]
    except (TypeError, ValueError) as error:
        raise RejectedImage(Reason.DAMAGED, f"expected numbers as {name}") from error


def _first_of(count: int) -> str:
    return f" (first of {count})" if count > 1 else ""
