"""Whether a file's picture is all there, by its own structure."""

import io
import struct

import pytest
from PIL import Image

from tests.worker.drawn import jpeg, png, tiff
from xray.formats.complete import is_complete


def complete(data: bytes) -> bool | None:
    return is_complete(lambda offset, length: data[max(offset, 0) : max(offset, 0) + length], len(data))


def with_thumbnail() -> bytes:
    """A JPEG whose EXIF segment holds a whole small JPEG, end marker and all."""
    small = io.BytesIO()
    Image.new("L", (16, 16)).save(small, "JPEG")
    whole = jpeg(0)
    segment = b"Exif\0\0" + small.getvalue()
    return whole[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + whole[2:]


def dicom(syntax: bytes, pixels: bytes, *, explicit: bool = True, length: int | None = None) -> bytes:
    def element(group: int, number: int, kind: bytes, value: bytes, *, said: int | None = None) -> bytes:
        said = len(value) if said is None else said
        tag = struct.pack("<HH", group, number)
        if group == 2 or explicit:
            long = kind in (b"OB", b"OW", b"SQ", b"UN", b"UT")
            size = b"\0\0" + struct.pack("<I", said) if long else struct.pack("<H", said)
            return tag + kind + size + value
        return tag + struct.pack("<I", said) + value

    return (
        bytes(128)
        + b"DICM"
        + element(2, 0x10, b"UI", syntax + b"\0" * (len(syntax) % 2))
        + element(8, 0x60, b"CS", b"DX")
        + element(0x28, 0x10, b"US", b"\0\1")
        + element(0x7FE0, 0x10, b"OW", pixels, said=length)
    )


CASES = {
    "JPEG": jpeg(0),
    "JPEG with padding": jpeg(0) + bytes(100_000),
    "JPEG with a thumbnail": with_thumbnail(),
    "PNG": png(0),
    "DICOM explicit": dicom(b"1.2.840.10008.1.2.1", bytes(5000)),
    "DICOM implicit": dicom(b"1.2.840.10008.1.2", bytes(5000), explicit=False),
    "DICOM encapsulated": dicom(
        b"1.2.840.10008.1.2.4.50", bytes(5000) + b"\xfe\xff\xdd\xe0\0\0\0\0", length=0xFFFFFFFF
    ),
}


@pytest.mark.parametrize("data", CASES.values(), ids=CASES.keys())
def test_a_whole_file_is_complete_and_no_beginning_of_it_is(data: bytes) -> None:
    assert complete(data) is True
    end = len(data.rstrip(b"\0")) if data[:2] == b"\xff\xd8" else len(data)
    for cut in (end - 1, end - 5, end // 2, end // 3, 700 if data[:2] == b"\xff\xd8" else 200):
        assert complete(data[:cut]) is not True, f"cut at {cut} of {len(data)}"


def test_a_format_without_an_end_of_its_own_says_nothing() -> None:
    assert complete(tiff(0)) is None
    assert complete(b"text") is None
    assert complete(b"") is None


def test_any_bytes_give_an_answer() -> None:
    for start in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", bytes(128) + b"DICM"):
        for filler in (b"\0", b"\xff", b"\x7f\xe0", b"\xff\xd8\xff\xe1\0\0"):
            assert complete(start + filler * 3000) in (True, False, None)
