"""Hostile TIFF files (TIFF 6.0, section 2; BigTIFF)."""

import struct
import zlib
from collections.abc import Iterator

from tests.hostile.case import ANSWERED, Case
from tests.hostile.png_files import zeros
from tests.worker.drawn import tiff
from xray.reasons import Reason

SHORT, LONG, LONG8 = 3, 4, 16
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, OFFSETS, SAMPLES, ROWS, COUNTS = (
    256,
    257,
    258,
    259,
    262,
    273,
    277,
    278,
    279,
)
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS = 322, 323, 324, 325


def directory(tags: dict[int, int], following: int = 0, counts: dict[int, int] | None = None) -> bytes:
    """A directory of one-value entries; `counts` lies about how many values there are."""
    entries = [
        struct.pack("<HHII", tag, LONG, (counts or {}).get(tag, 1), value) for tag, value in sorted(tags.items())
    ]
    return struct.pack("<H", len(entries)) + b"".join(entries) + struct.pack("<I", following)


def file(
    changes: dict[int, int] | None = None, pixels: bytes = b"", following: int = 0, **lies: dict[int, int]
) -> bytes:
    """A grey picture of 300 × 300 in one strip behind its directory, with changes."""
    tags = {WIDTH: 300, HEIGHT: 300, BITS: 8, COMPRESSION: 1, PHOTOMETRIC: 1, SAMPLES: 1, ROWS: 300}
    tags |= {OFFSETS: 8 + 2 + 12 * 9 + 4 + 64, COUNTS: len(pixels)} | (changes or {})
    made = b"II*\0" + struct.pack("<I", 8) + directory(tags, following, **lies)
    return made.ljust(tags.get(OFFSETS, 0) if tags.get(OFFSETS, 0) < 1000 else 0, b"\0") + pixels


def chain(count: int) -> bytes:
    """So many directories, each with one entry, each pointing to the next."""
    size = 2 + 12 + 4
    links = (directory({WIDTH: 300}, 8 + size * (number + 1)) for number in range(count))
    return b"II*\0" + struct.pack("<I", 8) + b"".join(links)


def big(offset: int) -> bytes:
    return b"II+\0" + struct.pack("<HHQ", 8, 0, offset) + b"\0" * 99


def cases() -> Iterator[Case]:
    good = tiff(2)
    bomb = zeros(9_990 * 9_990)
    deflated = {COMPRESSION: 8, WIDTH: 9_990, HEIGHT: 9_990, ROWS: 9_990}
    yield Case("bomb of 99 megapixels.tiff", Reason.BLANK, lambda: file(deflated, bomb))
    yield Case("bomb in rows.tiff", Reason.DAMAGED, lambda: file(deflated | {ROWS: 1}, bomb))
    yield Case("2500 megapixels.tiff", Reason.TOO_LARGE, lambda: file({WIDTH: 50_000, HEIGHT: 50_000}))
    yield Case("largest size.tiff", Reason.TOO_LARGE, lambda: file({WIDTH: 0xFFFFFFFF, HEIGHT: 0xFFFFFFFF}))
    yield Case("no size.tiff", Reason.DAMAGED, lambda: file({WIDTH: 0, HEIGHT: 0}))
    yield Case("circle of one.tiff", Reason.INCOMPLETE, lambda: file(following=8))
    yield Case("directory behind the end.tiff", Reason.DAMAGED, lambda: b"II*\0\xff\xff\xff\x7f")
    yield Case("200000 directories.tiff", Reason.DAMAGED, lambda: chain(200_000))
    yield Case("4 GB of widths.tiff", Reason.DAMAGED, lambda: file(counts={WIDTH: 0xFFFFFFFF}))
    yield Case(
        "4 GB of strips.tiff",
        Reason.UNSUPPORTED_ENCODING,
        lambda: file(counts={OFFSETS: 0x3FFFFFFF, COUNTS: 0x3FFFFFFF}),
    )
    yield Case("strip behind the end.tiff", Reason.INCOMPLETE, lambda: file({OFFSETS: 0x7FFFFFFF, COUNTS: 90_000}))
    yield Case("strip of 4 GB.tiff", Reason.INCOMPLETE, lambda: file({COUNTS: 0xFFFFFFFF}, b"?" * 99))
    yield Case("rows of nothing.tiff", Reason.DAMAGED, lambda: file({ROWS: 0}, bytes(90_000)))
    tiles = {WIDTH: 9_000, HEIGHT: 9_000, TILE_WIDTH: 1, TILE_HEIGHT: 1, TILE_OFFSETS: 200, TILE_COUNTS: 1}
    yield Case("81 million tiles.tiff", Reason.INCOMPLETE, lambda: file(tiles, bytes(999)))
    yield Case(
        "tiles of 4 GB.tiff", Reason.INCOMPLETE, lambda: file(tiles | {TILE_WIDTH: 65_520, TILE_HEIGHT: 65_520}, b"?")
    )
    yield Case("rubbish for LZW.tiff", Reason.DAMAGED, lambda: file({COMPRESSION: 5}, b"?" * 999))
    yield Case("rubbish for deflate.tiff", Reason.DAMAGED, lambda: file({COMPRESSION: 8}, b"?" * 999))
    yield Case("deflated, too short.tiff", Reason.DAMAGED, lambda: file({COMPRESSION: 8}, zlib.compress(b"?" * 999)))
    yield Case("rubbish for fax.tiff", Reason.UNSUPPORTED_PIXELS, lambda: file({COMPRESSION: 4, BITS: 1}, b"?" * 999))
    yield Case("rubbish for JPEG.tiff", Reason.DAMAGED, lambda: file({COMPRESSION: 7}, b"?" * 999))
    yield Case("99 bits.tiff", Reason.UNSUPPORTED_ENCODING, lambda: file({BITS: 99}, bytes(90_000)))
    yield Case("64000 samples.tiff", Reason.UNSUPPORTED_ENCODING, lambda: file({SAMPLES: 64_000}, bytes(90_000)))
    yield Case("BigTIFF of 2^63.tiff", Reason.DAMAGED, lambda: big(1 << 63))
    yield Case("BigTIFF of nothing.tiff", Reason.DAMAGED, lambda: big(16))
    yield Case("BigTIFF, big-endian.tiff", Reason.UNSUPPORTED_ENCODING, lambda: b"MM\0+\0\x08\0\0" + bytes(99))
    yield Case("cut off in the head.tiff", Reason.DAMAGED, lambda: good[:6])
    yield Case("cut off in the directory.tiff", Reason.DAMAGED, lambda: good[:40])
    yield Case("cut off in the pixels.tiff", Reason.INCOMPLETE, lambda: good[:9000])
    yield Case("with rubbish behind it.tiff", ANSWERED, lambda: good + b"?" * 9999)
