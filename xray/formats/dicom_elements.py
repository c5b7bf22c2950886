"""The skeleton of a DICOM file: where its elements lie, held against limits before anything is decoded.

pydicom reads values well, but it believes what a file says of itself: a deflated megabyte becomes two gigabytes, a
nest of sequences ends in a RecursionError, and a value that was cut off passes in silence. So the bytes are walked
first, without making an object for each element, and pydicom is then given a header that is known to be sane.
"""

import struct
import zlib
from dataclasses import dataclass

from xray.errors import RejectedImage
from xray.reasons import Reason

MAX_HEADER_BYTES = 16 << 20
"""Before the pixels lie text, tables (a VOI LUT: 128 kB) and at worst 16 overlays of 1 bit a pixel."""
MAX_ELEMENTS = 20_000
"""A chest radiograph has 100 to 500 elements, nested ones included."""
MAX_DEPTH = 16
"""Sequences inside sequences; a radiograph's go 3 or 4 deep."""
MAX_FRAGMENTS = 4096
"""One frame comes in one fragment; few writers cut it up, into pieces of 64 kB and more."""
MAX_INFLATED_BYTES = 128 << 20
"""The header and the pixels of the largest picture that is read (see `dicom_header.MAX_PIXELS`) at 16 bits."""

DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"

_UNDEFINED = 0xFFFFFFFF
_SYNTAX_TAG = 0x00020010
_PIXEL_TAGS = {0x7FE00008: "float", 0x7FE00009: "double", 0x7FE00010: "integer"}
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
# PS3.5 section 7.1.2: these have a length of 4 bytes, after 2 reserved ones; all others one of 2 bytes.
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_SHORT = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())


@dataclass(frozen=True)
class Coding:
    """How the elements are written."""

    explicit: bool
    """Each element names its value representation."""
    little: bool
    """Least significant byte first."""


@dataclass(frozen=True)
class PixelValue:
    """The pixel data element."""

    kind: str
    """`integer`, `float` or `double`."""
    words: bool
    """The value representation is OW: on big-endian files, bytes are swapped in pairs."""
    fragments: tuple[bytes, ...]
    """The encoded frame in pieces; for a picture that is not encapsulated, its one value."""
    encapsulated: bool
    complete: bool
    """Everything that the lengths promise is there."""


@dataclass(frozen=True)
class Skeleton:
    """A DICOM file, taken apart but not decoded."""

    syntax: str
    """The transfer syntax UID; guessed from the elements where the file has no meta information."""
    coding: Coding
    header: bytes
    """The data set's elements before the pixel data, as written."""
    pixels: PixelValue | None


@dataclass(frozen=True)
class _Element:
    tag: int
    vr: bytes
    """Empty where the coding is implicit."""
    start: int
    """Where its value starts."""
    length: int


def looks_like_data_set(head: bytes) -> bool:
    """Tell whether these bytes begin a data set that has no preamble: elements in order, with possible lengths.

    Files so written are from before 1996 or from software that sends the data set alone; they are radiographs.
    """
    head = head[:200]
    coding = _coding(head, 0)
    at, previous, seen = 0, 0, 0
    while at + 12 <= len(head):
        try:
            element = _element(head, at, coding)
        except RejectedImage:
            return False
        group = element.tag >> 16
        if element.tag <= previous or group not in (0x0002, 0x0008, 0x0010, 0x0018, 0x0020, 0x0028):
            return False
        if seen == 0 and group > 0x0008:
            return False
        if element.length == _UNDEFINED or element.start + element.length > len(head):
            seen += 1
            break
        at, previous, seen = element.start + element.length, element.tag, seen + 1
    return seen >= 2


def take_apart(data: bytes) -> Skeleton:
    """Walk a whole DICOM file.

    Raises:
        RejectedImage: `incomplete` where the header itself is cut off, `damaged` where it makes no sense or goes
            beyond the limits, `too_large` where it inflates to more than any radiograph.
    """
    at = 132 if data[128:132] == b"DICM" else 0
    syntax, at = _meta(data, at)
    if syntax == DEFLATED:
        data, at = _inflate(data, at), 0
    coding = Coding(explicit=True, little=False) if syntax == BIG_ENDIAN else _coding(data, at)
    if not syntax:
        syntax = EXPLICIT if coding.explicit else IMPLICIT
    walk = _Walk(data, coding)
    start = at
    while at < len(data):
        if at - start > MAX_HEADER_BYTES:
            raise RejectedImage(Reason.DAMAGED, f"expected a header of at most {MAX_HEADER_BYTES} bytes")
        element = walk.next(at)
        if element.tag in _PIXEL_TAGS:
            return Skeleton(syntax, coding, data[start:at], _pixel_value(data, element, coding))
        if element.tag > max(_PIXEL_TAGS):
            break
        at = walk.past(element, depth=0)
    return Skeleton(syntax, coding, data[start:at], None)


class _Walk:
    """A walk over elements that counts them."""

    def __init__(self, data: bytes, coding: Coding) -> None:
        self._data = data
        self._coding = coding
        self._seen = 0

    def next(self, at: int, coding: Coding | None = None) -> _Element:
        self._seen += 1
        if self._seen > MAX_ELEMENTS:
            raise RejectedImage(Reason.DAMAGED, f"expected at most {MAX_ELEMENTS} elements")
        return _element(self._data, at, coding or self._coding)

    def past(self, element: _Element, depth: int, coding: Coding | None = None) -> int:
        """Return where the next element starts, having walked through what pydicom will have to walk through."""
        if element.length != _UNDEFINED:
            end = element.start + element.length
            if end > len(self._data):
                raise RejectedImage(Reason.INCOMPLETE, f"the header ends {end - len(self._data)} bytes early")
            if element.vr == b"SQ":
                self._items(element.start, end, depth, coding)
            return end
        if element.vr not in (b"SQ", b"UN", b""):
            raise RejectedImage(Reason.DAMAGED, "only a sequence may leave its length open")
        if element.vr == b"UN":
            coding = Coding(explicit=False, little=True)  # PS3.5 section 6.2.2, note 7
        return self._items(element.start, None, depth, coding)

    def _items(self, at: int, end: int | None, depth: int, coding: Coding | None) -> int:
        if depth >= MAX_DEPTH:
            raise RejectedImage(Reason.DAMAGED, f"expected sequences at most {MAX_DEPTH} deep")
        while end is None or at < end:
            item = self.next(at, coding)
            at = item.start
            if item.tag == _SEQUENCE_END and end is None:
                return at
            if item.tag != _ITEM:
                raise RejectedImage(Reason.DAMAGED, "expected an item in a sequence")
            at = self._item(item, depth, coding)
        return at

    def _item(self, item: _Element, depth: int, coding: Coding | None) -> int:
        at = item.start
        end = None if item.length == _UNDEFINED else at + item.length
        if end is not None and end > len(self._data):
            raise RejectedImage(Reason.INCOMPLETE, f"the header ends {end - len(self._data)} bytes early")
        while end is None or at < end:
            element = self.next(at, coding)
            if element.tag == _ITEM_END and end is None:
                return element.start
            at = self.past(element, depth + 1, coding)
        return at


def _element(data: bytes, at: int, coding: Coding) -> _Element:
    order = "<" if coding.little else ">"
    try:
        group, number = struct.unpack_from(order + "HH", data, at)
        tag = group << 16 | number
        if group == 0xFFFE or not coding.explicit:
            (length,) = struct.unpack_from(order + "I", data, at + 4)
            return _Element(tag, b"", at + 8, length)
        vr = data[at + 4 : at + 6]
        if vr in _LONG:
            (length,) = struct.unpack_from(order + "I", data, at + 8)
            return _Element(tag, vr, at + 12, length)
        if vr not in _SHORT:
            raise RejectedImage(Reason.DAMAGED, "expected an element's value representation")
        (length,) = struct.unpack_from(order + "H", data, at + 6)
    except struct.error as error:
        raise RejectedImage(Reason.INCOMPLETE, "the header ends inside an element") from error
    return _Element(tag, vr, at + 8, length)


def _coding(data: bytes, at: int) -> Coding:
    # Some writers name one coding and use the other, so the first element decides, as it does in pydicom.
    return Coding(explicit=data[at + 4 : at + 6] in _LONG | _SHORT, little=True)


def _meta(data: bytes, at: int) -> tuple[str, int]:
    """Return the transfer syntax (empty where the file names none) and where the data set starts."""
    coding, syntax = Coding(explicit=True, little=True), ""
    while data[at : at + 2] == b"\x02\x00":
        element = _element(data, at, coding)
        at = element.start + element.length
        if at > len(data):
            raise RejectedImage(Reason.INCOMPLETE, "the file ends inside its meta information")
        if element.tag == _SYNTAX_TAG:
            syntax = data[element.start : at].rstrip(b"\x00 ").decode("ascii", "replace")
    return syntax, at


def _inflate(data: bytes, at: int) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)  # PS3.5 section A.5: RFC 1951, without a header
    try:
        inflated = stream.decompress(data[at:], MAX_INFLATED_BYTES)
    except zlib.error as error:
        raise RejectedImage(Reason.DAMAGED, "its deflated data set cannot be inflated") from error
    if stream.unconsumed_tail or len(inflated) == MAX_INFLATED_BYTES:
        raise RejectedImage(Reason.TOO_LARGE, f"it inflates to more than {MAX_INFLATED_BYTES} bytes")
    if not stream.eof:
        raise RejectedImage(Reason.INCOMPLETE, "its deflated data set ends early")
    return inflated


def _pixel_value(data: bytes, element: _Element, coding: Coding) -> PixelValue:
    kind, words = _PIXEL_TAGS[element.tag], element.vr in (b"OW", b"")
    if element.length != _UNDEFINED:
        value = data[element.start : element.start + element.length]
        return PixelValue(kind, words, (value,), encapsulated=False, complete=len(value) == element.length)
    fragments: list[bytes] = []
    at = element.start
    while True:
        try:
            item = _element(data, at, coding)
        except RejectedImage:
            break
        if item.tag == _SEQUENCE_END:
            # The first item is the offset table, not a piece of the picture.
            return PixelValue(kind, words, tuple(fragments[1:]), encapsulated=True, complete=True)
        at = item.start + item.length
        if item.tag != _ITEM or item.length == _UNDEFINED:
            raise RejectedImage(Reason.DAMAGED, "expected pieces of the encoded picture")
        if at > len(data):
            break
        if len(fragments) > MAX_FRAGMENTS:
            raise RejectedImage(Reason.DAMAGED, f"expected a picture in at most {MAX_FRAGMENTS} pieces")
        fragments.append(data[item.start : at])
    return PixelValue(kind, words, tuple(fragments[1:]), encapsulated=True, complete=False)
