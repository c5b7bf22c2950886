"""Hostile DICOM files, written by hand: a library would mend what is to be wrong (PS3.5 section 7, PS3.10 section 7.1)."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from tests.hostile.case import ANSWERED, Case
from tests.hostile.png_files import zeros
from tests.worker.drawn import tiff
from xray.phantom import draw
from xray.reasons import Reason

EXPLICIT, DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
RLE, BASELINE, EXTENDED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"
LOSSLESS, JPEG_LS, J2K = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"
CR, DX = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.1.1"
UNDEFINED = 0xFFFFFFFF
SIDE = 96
_LONG = ("OB", "OW", "OF", "SQ", "UN", "UT", "UC")

SOP_CLASS, MODALITY, BODY_PART, INTENT = 0x00080016, 0x00080060, 0x00180015, 0x00080068
FRAMES, ROWS, COLUMNS, BITS, STORED, HIGH = 0x00280008, 0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280102
SAMPLES, CENTER, WIDTH, VOI_LUT, PIXELS = 0x00280002, 0x00281050, 0x00281051, 0x00283010, 0x7FE00010

Elements = dict[int, tuple[str, bytes] | None]


def element(tag: int, vr: str, value: bytes, length: int | None = None) -> bytes:
    value += b" " * (len(value) % 2)
    size = len(value) if length is None else length
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    head += struct.pack("<2xI", size) if vr in _LONG else struct.pack("<H", size & 0xFFFF)
    return head + value


def item(content: bytes, tag: int = 0xE000, length: int | None = None) -> bytes:
    return struct.pack("<HHI", 0xFFFE, tag, len(content) if length is None else length) + content


def us(number: int) -> tuple[str, bytes]:
    return "US", struct.pack("<H", number)


def stored() -> bytes:
    return (draw(5, height=SIDE, width=SIDE).astype(np.uint16) * 16).tobytes()


def data_set(changes: Elements, pixels: bytes) -> bytes:
    elements: Elements = {
        SOP_CLASS: ("UI", DX.encode()),
        INTENT: ("CS", b"FOR PRESENTATION"),
        MODALITY: ("CS", b"DX"),
        BODY_PART: ("CS", b"CHEST"),
        SAMPLES: us(1),
        0x00280004: ("CS", b"MONOCHROME2"),
        ROWS: us(SIDE),
        COLUMNS: us(SIDE),
        BITS: us(16),
        STORED: us(12),
        HIGH: us(11),
        0x00280103: us(0),
    } | changes
    return b"".join(element(tag, *found) for tag, found in sorted(elements.items()) if found is not None) + pixels


def meta(syntax: str) -> bytes:
    content = element(0x00020010, "UI", syntax.encode())
    return element(0x00020000, "UL", struct.pack("<I", len(content))) + content


def file(
    changes: Elements | None = None, pixels: bytes | None = None, syntax: str = EXPLICIT, preamble: bytes = b""
) -> bytes:
    """A good radiograph, with changes."""
    if pixels is None:
        pixels = element(PIXELS, "OW", stored())
    return preamble.ljust(128, b"\0") + b"DICM" + meta(syntax) + data_set(changes or {}, pixels)


def encoded(frame: bytes, syntax: str, changes: Elements | None = None, fragments: int = 1) -> bytes:
    size = -(-len(frame) // fragments)
    pieces = [frame[at : at + size] for at in range(0, len(frame), size)]
    pixels = item(b"") + b"".join(item(piece + b"\0" * (len(piece) % 2)) for piece in pieces) + item(b"", 0xE0DD)
    return file(changes, element(PIXELS, "OB", b"", UNDEFINED) + pixels, syntax)


def square(side: int, bits: int = 16) -> Elements:
    return {ROWS: us(side), COLUMNS: us(side), BITS: us(bits), STORED: us(bits), HIGH: us(bits - 1)}


def j2k(side: int, tile: int = 0, levels: int = 5) -> bytes:
    """A JPEG 2000 codestream (ISO/IEC 15444-1 annex A) that claims a size and holds next to nothing."""
    size = struct.pack(">H8IH3B", 0, side, side, 0, 0, tile or side, tile or side, 0, 0, 1, 15, 1, 1)
    style = struct.pack(">BBHBBBBBB", 0, 0, 1, 0, levels, 4, 4, 0, 1)
    steps = bytes([0x40]) + bytes([0x80]) * (3 * levels + 1)
    head = b"\xff\x4f" + b"".join(
        b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content
        for marker, content in ((0x51, size), (0x52, style), (0x5C, steps))
    )
    return head + b"\xff\x90" + struct.pack(">HHIBB", 10, 0, 0, 0, 1) + b"\xff\x93" + bytes(400) + b"\xff\xd9"


def jpeg(side: int, process: int, scans: int = 1, precision: int = 16) -> bytes:
    """A JPEG or JPEG-LS frame that claims a size and holds next to nothing."""
    table = b"\xff\xc4" + struct.pack(">HB", 20, 0) + bytes([1]) + bytes(15) + b"\0"
    table += b"\xff\xc4" + struct.pack(">HB", 20, 0x10) + bytes([1]) + bytes(15) + b"\0"
    table += b"\xff\xdb" + struct.pack(">HB", 67, 0) + b"\1" * 64
    frame = bytes([0xFF, process]) + struct.pack(">HBHHB3B", 11, precision, side, side, 1, 1, 0x11, 0)
    spectrum = {0xC3: b"\1\0\0", 0xF7: b"\0\0\0"}.get(process, b"\0\x3f\0")
    scan = b"\xff\xda" + struct.pack(">HBBB", 8, 1, 1, 0) + spectrum + b"\0" * 16
    return b"\xff\xd8" + (b"" if process == 0xF7 else table) + frame + scan * scans + b"\xff\xd9"


def rle(*segments: bytes, count: int | None = None) -> bytes:
    offsets, at = [], 64
    for segment in segments:
        offsets.append(at)
        at += len(segment)
    head = struct.pack("<16I", len(segments) if count is None else count, *offsets, *[0] * (15 - len(segments)))
    return head + b"".join(segments)


def nested(depth: int, *, defined: bool) -> Elements:
    content = b""
    for _ in range(depth):
        inner = item(content) if defined else item(content + item(b"", 0xE00D), length=UNDEFINED) + item(b"", 0xE0DD)
        content = element(0x00081140, "SQ", inner, len(inner) if defined else UNDEFINED)
    return {0x00081140: ("SQ", item(content))}


def table(entries: int, bits: int, content: bytes) -> Elements:
    """A VOI LUT that says of itself what one likes."""
    inner = element(0x00283002, "US", struct.pack("<HHH", entries, 0, bits)) + element(0x00283006, "OW", content)
    return {VOI_LUT: ("SQ", item(inner))}


def deflated(content: bytes) -> bytes:
    return bytes(128) + b"DICM" + meta(DEFLATED) + content


def cases() -> Iterator[Case]:
    yield from _bombs()
    yield from _disagreements()
    yield from _structures()
    yield from _values()
    yield from _cut_off()


def _bombs() -> Iterator[Case]:
    yield Case("deflated 200 MB.dcm", Reason.TOO_LARGE, lambda: deflated(zeros(200 << 20)[2:-4]))
    yield Case("deflated 90 MB of header.dcm", Reason.DAMAGED, lambda: deflated(zeros(90 << 20)[2:-4]))
    yield Case("J2K of 60000, header honest.dcm", Reason.TOO_LARGE, lambda: encoded(j2k(60_000), J2K, square(60_000)))
    yield Case("J2K of 60000, header lies.dcm", Reason.DAMAGED, lambda: encoded(j2k(60_000), J2K, square(SIDE)))
    yield Case("J2K of 7000, empty.dcm", Reason.BLANK, lambda: encoded(j2k(7_000), J2K, square(7_000)))
    yield Case("J2K in 12 million tiles.dcm", Reason.DAMAGED, lambda: encoded(j2k(7_000, 2), J2K, square(7_000)))
    yield Case("J2K with 33 levels.dcm", Reason.DAMAGED, lambda: encoded(j2k(7_000, levels=33), J2K, square(7_000)))
    run = b"\x81\x00" * (6_400 * 6_400 // 128)
    yield Case("RLE of 41 megapixels.dcm", Reason.BLANK, lambda: encoded(rle(run, run), RLE, square(6_400)))
    yield Case("RLE that goes on.dcm", Reason.DAMAGED, lambda: encoded(rle(run, run), RLE, square(SIDE)))
    for name, syntax, process, reason in (
        ("JPEG-LS", JPEG_LS, 0xF7, Reason.DAMAGED),
        ("lossless JPEG", LOSSLESS, 0xC3, Reason.BLANK),
    ):
        yield Case(
            f"{name} of 7000, empty.dcm",
            reason,
            lambda syntax=syntax, process=process: encoded(jpeg(7_000, process), syntax, square(7_000)),
        )
    scans = jpeg(2_000, 0xC1, 4_000, precision=12)
    yield Case("4000 scans.dcm", Reason.DAMAGED, lambda: encoded(scans, EXTENDED, square(2_000) | {STORED: us(12)}))


def _disagreements() -> Iterator[Case]:
    for name, syntax, process in (
        ("JPEG", BASELINE, 0xC0),
        ("12-bit JPEG", EXTENDED, 0xC1),
        ("lossless JPEG", LOSSLESS, 0xC3),
        ("JPEG-LS", JPEG_LS, 0xF7),
    ):
        yield Case(
            f"{name} of another size.dcm",
            Reason.DAMAGED,
            lambda syntax=syntax, process=process: encoded(jpeg(640, process), syntax, square(SIDE)),
        )
    yield Case("progressive as baseline.dcm", Reason.UNSUPPORTED_ENCODING, lambda: encoded(jpeg(SIDE, 0xC2), BASELINE))
    yield Case("JPEG as J2K.dcm", Reason.UNSUPPORTED_ENCODING, lambda: encoded(jpeg(SIDE, 0xC0), J2K))
    yield Case("16 bits in 8.dcm", Reason.DAMAGED, lambda: encoded(jpeg(SIDE, 0xC3), LOSSLESS, square(SIDE, 8)))
    yield Case("RLE of 15 segments.dcm", Reason.DAMAGED, lambda: encoded(rle(b"\0\0", count=15), RLE))
    yield Case("RLE of 4 billion segments.dcm", Reason.DAMAGED, lambda: encoded(rle(b"\0\0", count=UNDEFINED), RLE))
    yield Case("encoded, not said so.dcm", Reason.DAMAGED, lambda: encoded(j2k(SIDE), EXPLICIT))
    yield Case("said to be encoded.dcm", Reason.DAMAGED, lambda: file(syntax=J2K))
    yield Case("less pixels than said.dcm", Reason.INCOMPLETE, lambda: file(square(900)))
    yield Case("video.dcm", Reason.UNSUPPORTED_ENCODING, lambda: encoded(b"\0\0\1\xba", "1.2.840.10008.1.2.4.102"))
    escapes = "1.2\x1b[31m\n" + "9" * 900
    yield Case("syntax of escape codes.dcm", Reason.UNSUPPORTED_ENCODING, lambda: file(syntax=escapes))


def _structures() -> Iterator[Case]:
    yield Case("sequences 900 deep.dcm", Reason.DAMAGED, lambda: file(nested(900, defined=False)))
    yield Case("sequences 60 deep.dcm", Reason.DAMAGED, lambda: file(nested(60, defined=True)))
    private: Elements = {0x00091000 + number: ("LO", b"x") for number in range(30_000)}
    yield Case("30000 elements.dcm", Reason.DAMAGED, lambda: file(private))
    yield Case("private 30 MB.dcm", Reason.DAMAGED, lambda: file({0x00091001: ("OB", bytes(30 << 20))}))
    yield Case(
        "private 4 GB.dcm",
        Reason.INCOMPLETE,
        lambda: file({0x00091001: ("OB", b"")}, element(0x00091002, "OB", b"", 0xFFFFFFF0)),
    )
    yield Case("value without end.dcm", Reason.DAMAGED, lambda: file({}, element(0x00291002, "OB", b"", UNDEFINED)))
    yield Case("fragments by the thousand.dcm", Reason.DAMAGED, lambda: encoded(bytes(20_000), J2K, fragments=10_000))
    endless = element(PIXELS, "OB", b"", UNDEFINED) + item(b"") + item(b"", length=UNDEFINED)
    yield Case("fragment without end.dcm", Reason.INCOMPLETE, lambda: file({}, endless, J2K))
    yield Case("fragments without end.dcm", Reason.INCOMPLETE, lambda: encoded(j2k(SIDE), J2K)[:-8])
    yield Case("without pixels.dcm", Reason.NO_PIXELS, lambda: file({}, b""))
    yield Case(
        "document.dcm", Reason.NO_PIXELS, lambda: file({MODALITY: ("CS", b"DOC")}, element(0x00420011, "OB", b"%PDF"))
    )
    yield Case(
        "floating point.dcm", Reason.UNSUPPORTED_PIXELS, lambda: file({}, element(0x7FE00008, "OF", bytes(4 * SIDE**2)))
    )
    good_tiff = tiff(1)[:128]
    yield Case("picture in its preamble.dcm", ANSWERED, lambda: file(preamble=good_tiff))
    yield Case(
        "CT with a picture in its preamble.tiff",
        Reason.WRONG_MODALITY,
        lambda: file({MODALITY: ("CS", b"CT")}, preamble=good_tiff),
    )
    yield Case("program in its preamble.dcm", ANSWERED, lambda: file(preamble=b"MZ\x90\0" + b"\x7fELF"))
    yield Case(
        "rubbish behind the meta.dcm", Reason.INCOMPLETE, lambda: bytes(128) + b"DICM" + meta(EXPLICIT) + b"?" * 999
    )
    yield Case("big-endian by name.dcm", Reason.DAMAGED, lambda: file(syntax=BIG_ENDIAN))
    yield Case("rubbish deflated.dcm", Reason.INCOMPLETE, lambda: deflated(zlib.compress(b"?" * 999)[2:-4]))
    yield Case("not deflated.dcm", Reason.DAMAGED, lambda: file(syntax=DEFLATED))


def _values() -> Iterator[Case]:
    large = {ROWS: us(65_535), COLUMNS: us(65_535)}
    yield Case("4 gigapixels.dcm", Reason.TOO_LARGE, lambda: file(large))
    yield Case("no rows.dcm", Reason.DAMAGED, lambda: file({ROWS: us(0)}))
    yield Case("rows missing.dcm", Reason.DAMAGED, lambda: file({ROWS: None}))
    yield Case("rows by the dozen.dcm", Reason.DAMAGED, lambda: file({ROWS: ("US", b"\x60\0" * 12)}))
    yield Case("2 billion frames.dcm", Reason.SEVERAL_FRAMES, lambda: file({FRAMES: ("IS", b"2147483647")}))
    yield Case("frames of 5000 digits.dcm", Reason.DAMAGED, lambda: file({FRAMES: ("IS", b"9" * 5000)}))
    yield Case("frames minus one.dcm", ANSWERED, lambda: file({FRAMES: ("IS", b"-1")}))
    yield Case("colour.dcm", Reason.UNSUPPORTED_PIXELS, lambda: file({SAMPLES: us(3)}))
    yield Case("32 bits.dcm", Reason.UNSUPPORTED_PIXELS, lambda: file({BITS: us(32)}))
    yield Case("65535 bits stored.dcm", Reason.UNSUPPORTED_PIXELS, lambda: file({STORED: us(65_535)}))
    yield Case("window of nothing.dcm", ANSWERED, lambda: file({CENTER: ("DS", b"NaN"), WIDTH: ("DS", b"inf")}))
    yield Case("window of 1e308.dcm", Reason.BLANK, lambda: file({CENTER: ("DS", b"1e308"), WIDTH: ("DS", b"1e308")}))
    yield Case(
        "window of words.dcm", Reason.DAMAGED, lambda: file({CENTER: ("DS", b"../../x"), WIDTH: ("DS", b"$(id)")})
    )
    windows = (b"2048\\" * 9_000)[:-1]
    yield Case("9000 windows.dcm", ANSWERED, lambda: file({CENTER: ("DS", windows), WIDTH: ("DS", windows)}))
    yield Case("table that lies.dcm", Reason.DAMAGED, lambda: file(table(60_000, 16, b"\1\0" * 9)))
    yield Case("table of 99 bits.dcm", Reason.BLANK, lambda: file(table(9, 99, b"\1\0" * 9)))
    slope: Elements = {0x00281052: ("DS", b"1e300"), 0x00281053: ("DS", b"-1e300")}
    yield Case("slope of 1e300.dcm", ANSWERED, lambda: file(slope))
    escapes: Elements = {0x00080005: ("CS", b"ISO 2022 IR 87\\\\?"), 0x00080050: ("SH", b"\x1b$B\x1b[31m\n")}
    yield Case("text of escape codes.dcm", ANSWERED, lambda: file(escapes))


def _cut_off() -> Iterator[Case]:
    good, compressed = file(), encoded(j2k(SIDE), J2K)
    body = good.index(b"\x08\x00\x16\x00")
    frame = compressed.index(b"\xff\x4f\xff\x51")
    yield Case("cut off in the preamble.dcm", Reason.UNKNOWN_FORMAT, lambda: good[:100])
    for name, data, end, reason in (
        ("behind the magic", good, 132, Reason.NO_PIXELS),
        ("in the meta", good, 150, Reason.INCOMPLETE),
        ("behind the meta", good, body, Reason.NO_PIXELS),
        ("in a tag", good, body + 3, Reason.INCOMPLETE),
        ("in a value", good, body + 20, Reason.INCOMPLETE),
        ("before the pixels", good, len(good) - 2 * SIDE**2 - 12, Reason.NO_PIXELS),
        ("in the pixels", good, len(good) - SIDE**2, Reason.INCOMPLETE),
        ("in the offset table", compressed, frame - 12, Reason.INCOMPLETE),
        ("in a codestream", compressed, frame + 60, Reason.INCOMPLETE),
    ):
        yield Case(f"cut off {name}.dcm", reason, lambda data=data, end=end: data[:end])
