"""Hostile JPEG files (ITU-T T.81: markers in table B.1)."""

import io
import struct
import zipfile
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.hostile.case import ANSWERED, Case
from tests.worker.drawn import jpeg
from xray.phantom import draw
from xray.reasons import Reason


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def encode(side: int = 192, mode: str = "L", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(draw(1, height=side, width=side)).convert(mode).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def with_segment(*segments: bytes) -> bytes:
    """A good picture with more segments behind its first marker."""
    good = jpeg(1)
    return good[:2] + b"".join(segments) + good[2:]


def patched(data: bytes, marker: int, at: int, content: bytes) -> bytes:
    """Write over the content of the first segment with this marker."""
    start = data.index(bytes((0xFF, marker))) + 4 + at
    return data[:start] + content + data[start + len(content) :]


def many_scans(side: int, count: int, *, progressive: bool = True) -> bytes:
    """The last scan of a picture again and again: each makes a decoder go over all of it."""
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((side, side), np.uint8)).convert("RGB").save(buffer, "JPEG", progressive=progressive)
    data = buffer.getvalue()
    scan = data[data.rindex(b"\xff\xda") : -2]
    if not progressive:  # one component at a time, which needs several scans
        scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x00" * 8
        return data[: data.index(b"\xff\xda")] + scan * count + data[-2:]
    return data[:-2] + scan * count + data[-2:]


def exif(*, entries: int, following: int) -> bytes:
    """An Exif directory with so many entries of 4 GB each, and another at an offset of one's choice."""
    entry = struct.pack(">HHII", 0x010E, 2, 0xFFFFFFFF, 8)
    return segment(
        0xE1, b"Exif\0\0MM\0*" + struct.pack(">IH", 8, entries) + entry * entries + struct.pack(">I", following)
    )


def several_pictures(offset: int) -> bytes:
    """A Multi-Picture file (CIPA DC-007) whose second picture lies at any offset."""
    entries = struct.pack(">IIIHH", 0x030000, 5000, 0, 0, 0) + struct.pack(">IIIHH", 0, 5000, offset, 0, 0)
    directory = struct.pack(">HHHI4s", 3, 0xB000, 7, 4, b"0100") + struct.pack(">HHII", 0xB001, 4, 1, 2)
    directory += struct.pack(">HHII", 0xB002, 7, 32, 50) + struct.pack(">I", 0)
    return with_segment(segment(0xE2, b"MPF\0MM\0*" + struct.pack(">I", 8) + directory + entries))


def archive() -> bytes:
    """A picture that is a zip archive as well."""
    buffer = io.BytesIO(jpeg(1))
    with zipfile.ZipFile(buffer, "a") as file:
        file.writestr("../../../evil.sh", "#!/bin/sh\n")
    return buffer.getvalue()


def cases() -> Iterator[Case]:
    good, tables = jpeg(1), encode()
    scan, frame = good.index(b"\xff\xda"), good.index(b"\xff\xc0")
    yield Case("9000 progressive scans.jpg", Reason.TOO_SLOW, lambda: many_scans(1000, 9000))
    yield Case("100000 scans of few pixels.jpg", Reason.TOO_SLOW, lambda: many_scans(128, 100_000))
    yield Case("5000 sequential scans.jpg", Reason.TOO_SLOW, lambda: many_scans(1000, 5000, progressive=False))
    yield Case(
        "4000 megapixels.jpg", Reason.TOO_LARGE, lambda: patched(tables, 0xC0, 1, struct.pack(">HH", 65500, 65500))
    )
    yield Case(
        "81 megapixels of little.jpg", ANSWERED, lambda: patched(tables, 0xC0, 1, struct.pack(">HH", 9000, 9000))
    )
    yield Case("no width.jpg", Reason.DAMAGED, lambda: patched(tables, 0xC0, 1, struct.pack(">HH", 192, 0)))
    yield Case("no height.jpg", Reason.DAMAGED, lambda: patched(tables, 0xC0, 1, struct.pack(">HH", 0, 192)))
    yield Case("12 bits.jpg", Reason.DAMAGED, lambda: patched(tables, 0xC0, 0, b"\x0c"))
    yield Case("lossless.jpg", Reason.DAMAGED, lambda: tables.replace(b"\xff\xc0", b"\xff\xc3", 1))
    yield Case("200 components.jpg", Reason.DAMAGED, lambda: patched(tables, 0xC0, 5, b"\xc8"))
    yield Case("wrong Huffman table.jpg", Reason.DAMAGED, lambda: patched(tables, 0xC4, 1, b"\xff" * 16))
    yield Case("rubbish for a scan.jpg", Reason.DAMAGED, lambda: b"\xff\xd8\xff" + b"?" * 99 + b"\xff\xd9")
    yield Case("without a scan.jpg", Reason.DAMAGED, lambda: good[:scan] + b"\xff\xd9")
    yield Case("cut off after the first marker.jpg", Reason.INCOMPLETE, lambda: good[:3])
    yield Case("cut off before the frame.jpg", Reason.INCOMPLETE, lambda: good[:frame])
    yield Case("cut off in the frame.jpg", Reason.INCOMPLETE, lambda: good[: frame + 7])
    yield Case("cut off before the scan.jpg", Reason.INCOMPLETE, lambda: good[:scan])
    yield Case("cut off in the scan.jpg", Reason.INCOMPLETE, lambda: good[: scan + 900])
    yield Case("cut off before the end.jpg", Reason.INCOMPLETE, lambda: good[:-2])
    yield Case("end in the middle.jpg", ANSWERED, lambda: good[: scan + 900] + b"\xff\xd9")
    yield Case("Exif of 4 GB values.jpg", ANSWERED, lambda: with_segment(exif(entries=5000, following=0)))
    yield Case("Exif in a circle.jpg", ANSWERED, lambda: with_segment(exif(entries=1, following=8)))
    yield Case("Exif cut off.jpg", ANSWERED, lambda: with_segment(segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\x7f")))
    yield Case("colour profile of nothing.jpg", ANSWERED, lambda: with_segment(segment(0xE2, b"ICC_PROFILE\0\xff\x01")))
    yield Case("20000 segments.jpg", ANSWERED, lambda: with_segment(*[segment(0xEF, b"")] * 20_000))
    yield Case("picture behind the end.jpg", ANSWERED, lambda: several_pictures(0x7FFFFFFF))
    yield Case("picture in a circle.jpg", ANSWERED, lambda: several_pictures(0))
    yield Case("archive as well.jpg", ANSWERED, archive)
    yield Case("script behind it.jpg", ANSWERED, lambda: good + b"<script>alert(1)</script><?php system('id'); ?>")
