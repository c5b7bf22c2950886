"""Is this file all there? Each format says in its own way where its picture ends, without decoding it.

Used before a file is claimed (an unfinished transfer is waited for) and again when it is read.
"""

from collections.abc import Callable

from xray.formats.raster import is_jpeg, is_png

Read = Callable[[int, int], bytes]
"""(offset, length) to bytes; shorter at the end of the file."""

_TAIL_BYTES = 1 << 16
_MAX_SEARCH_BYTES = 64 << 20  # of an end that nothing says the place of: 20 ms; no radiograph is so much padding
_MAX_PARTS = 4096  # segments, chunks or elements walked before giving up
_LONG_FORM = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
_UNDEFINED = 0xFFFFFFFF


def is_complete(read: Read, size_bytes: int) -> bool | None:
    """Tell whether a file's picture is all there; None where the format (or this look at it) cannot say.

    Args:
        read: Gives bytes of the file.
        size_bytes: The file's size.
    """
    head = read(0, 132)
    if is_jpeg(head):
        return _jpeg(read, size_bytes)
    if is_png(head):
        return _png(read, size_bytes)
    if head[128:132] == b"DICM":
        return _dicom(read, size_bytes)
    return None


def _jpeg(read: Read, size_bytes: int) -> bool | None:
    """An end-of-image marker must follow the start of the scan: compressed data holds none (ITU-T T.81, B.1.1.5)."""
    if read(size_bytes - 2, 2) == b"\xff\xd9":
        return True
    offset = 2
    for _ in range(_MAX_PARTS):  # over the segments before the scan: a thumbnail in one of them has an end of its own
        marker = read(offset, 4)
        if len(marker) < 4:
            return False
        if marker[0] != 0xFF:
            return None
        if marker[1] == 0xFF:
            offset += 1  # fill byte
            continue
        if marker[1] == 0xDA:
            return _contains(read, b"\xff\xd9", offset, size_bytes)
        offset += 2 + int.from_bytes(marker[2:4])
    return None


def _contains(read: Read, wanted: bytes, start: int, end: int) -> bool | None:
    """Search backwards, since what is wanted is usually near the end, before some padding; None: too far to look."""
    stop = end - _MAX_SEARCH_BYTES
    while end > start:
        if end < stop:
            return None
        begin = max(start, end - _TAIL_BYTES)
        if wanted in read(begin, end - begin):
            return True
        if begin == start:
            break
        end = begin + len(wanted) - 1
    return False


def _png(read: Read, size_bytes: int) -> bool | None:
    if read(size_bytes - 8, 4) == b"IEND":
        return True
    offset = 8
    for _ in range(_MAX_PARTS):
        chunk = read(offset, 8)
        if len(chunk) < 8:
            return False
        offset += 12 + int.from_bytes(chunk[:4])
        if offset > size_bytes:
            return False
        if chunk[4:] == b"IEND":
            return True
    return None


def _dicom(read: Read, size_bytes: int) -> bool | None:
    """Walk the top-level elements to the end of Pixel Data (PS3.5 section 7.1, PS3.10 section 7.1)."""
    offset, explicit, syntax = 132, True, b""
    for _ in range(_MAX_PARTS):
        header = read(offset, 12)
        if len(header) < 8:
            return False if offset > size_bytes or header else None
        group, element = int.from_bytes(header[:2], "little"), int.from_bytes(header[2:4], "little")
        if group > 2 and explicit and syntax in (b"1.2.840.10008.1.2", b""):
            explicit = False
        if group > 2 and syntax in (b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.1.99"):
            return None  # big endian and deflated: not worth a second parser
        if not explicit:
            length, value = int.from_bytes(header[4:8], "little"), offset + 8
        elif header[4:6] in _LONG_FORM:
            if len(header) < 12:
                return False
            length, value = int.from_bytes(header[8:12], "little"), offset + 12
        else:
            length, value = int.from_bytes(header[6:8], "little"), offset + 8
        if (group, element) == (0x7FE0, 0x0010):
            if length == _UNDEFINED:  # encapsulated: ends with a sequence delimiter
                return _contains(read, b"\xfe\xff\xdd\xe0\x00\x00\x00\x00", value, size_bytes)
            return value + length <= size_bytes
        if length == _UNDEFINED or group > 0x7FE0:
            return None  # a sequence of unknown length: the decoder will see
        if (group, element) == (0x0002, 0x0010):
            syntax = read(value, min(length, 64)).rstrip(b"\0 ")
        offset = value + length
    return None
