"""Hostile PNG files (PNG specification, third edition: chunks in section 5.3, IHDR in 11.2.1)."""

import struct
import zlib
from collections.abc import Iterator

from tests.hostile.case import Case
from tests.worker.drawn import png
from xray.reasons import Reason

MAGIC = b"\x89PNG\r\n\x1a\n"
GREY, RGB, RGBA = 0, 2, 6
_SAMPLES = {GREY: 1, RGB: 3, RGBA: 4}


def chunk(kind: bytes, content: bytes, *, length: int | None = None) -> bytes:
    size = len(content) if length is None else length
    return struct.pack(">I", size) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def header(width: int, height: int, bits: int = 8, colour: int = GREY, interlace: int = 0) -> bytes:
    return MAGIC + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlace))


END = chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """So many zero bytes, deflated: a thousandth of their size."""
    deflate, piece = zlib.compressobj(9), bytes(1 << 20)
    pieces = [deflate.compress(piece[: min(len(piece), count - at)]) for at in range(0, count, len(piece))]
    return b"".join(pieces) + deflate.flush()


def even(
    width: int, height: int, bits: int = 8, colour: int = GREY, rows: int | None = None, interlace: int = 0
) -> bytes:
    """A picture of one shade, of which only so many rows are there."""
    row = 1 + width * bits * _SAMPLES[colour] // 8
    return (
        header(width, height, bits, colour, interlace)
        + chunk(b"IDAT", zeros(row * (height if rows is None else rows)))
        + END
    )


def with_chunks(*chunks: bytes) -> bytes:
    """A good picture with more chunks behind its header."""
    return png(3)[:33] + b"".join(chunks) + png(3)[33:]


def animated() -> bytes:
    control = struct.pack(">IIIIIHHBB", 0, 192, 192, 0, 0, 1, 1, 0, 0)
    return with_chunks(chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"fcTL", control))


def cases() -> Iterator[Case]:
    good = png(3)
    data = good.index(b"IDAT")
    yield Case("bomb of 99 megapixels.png", Reason.BLANK, lambda: even(9_999, 9_990))
    yield Case("bomb of 700 MB.png", Reason.TOO_LARGE, lambda: even(9_900, 9_900, 16, RGBA, rows=40))
    yield Case("bomb of 2500 megapixels.png", Reason.TOO_LARGE, lambda: even(50_000, 50_000, rows=4))
    yield Case("bomb, interlaced.png", Reason.TOO_LARGE, lambda: even(40_000, 40_000, rows=4, interlace=1))
    yield Case("largest size.png", Reason.TOO_LARGE, lambda: even(0x7FFFFFFF, 0x7FFFFFFF, rows=0))
    yield Case("no size.png", Reason.DAMAGED, lambda: even(0, 0, rows=1))
    yield Case("one pixel.png", Reason.TOO_SMALL, lambda: even(1, 1))
    yield Case("one row.png", Reason.TOO_SMALL, lambda: even(99_999, 1))
    yield Case("three bits.png", Reason.DAMAGED, lambda: even(99, 99, 3))
    text_bomb = b"Comment\0\0" + zeros(200 << 20)
    yield Case("zTXt bomb.png", Reason.DAMAGED, lambda: with_chunks(chunk(b"zTXt", text_bomb)))
    international = b"Comment\0\1\0\0\0" + text_bomb[9:]
    yield Case("iTXt bomb.png", Reason.DAMAGED, lambda: with_chunks(chunk(b"iTXt", international)))
    yield Case("iCCP bomb.png", Reason.DAMAGED, lambda: with_chunks(chunk(b"iCCP", b"p\0\0" + text_bomb[9:])))
    yield Case(
        "90 MB of text.png", Reason.DAMAGED, lambda: with_chunks(*[chunk(b"tEXt", b"a\0" + b"x" * 900_000)] * 100)
    )
    yield Case("animated.png", Reason.SEVERAL_FRAMES, animated)
    yield Case("cut off in the magic.png", Reason.UNKNOWN_FORMAT, lambda: good[:6])
    yield Case("cut off after the magic.png", Reason.INCOMPLETE, lambda: good[:8])
    yield Case("cut off in the header.png", Reason.INCOMPLETE, lambda: good[:20])
    yield Case("cut off after the header.png", Reason.INCOMPLETE, lambda: good[:33])
    yield Case("cut off in the pixels.png", Reason.INCOMPLETE, lambda: good[: data + 900])
    yield Case("without end.png", Reason.INCOMPLETE, lambda: good[:-12])
    yield Case("too few rows.png", Reason.BLANK, lambda: even(300, 300, rows=9))
    yield Case("without pixels.png", Reason.DAMAGED, lambda: header(300, 300) + END)
    yield Case("wrong checksum.png", Reason.DAMAGED, lambda: good[:29] + b"\0\0\0\0" + good[33:])
    yield Case(
        "pixels that do not inflate.png", Reason.DAMAGED, lambda: header(99, 99) + chunk(b"IDAT", b"?" * 99) + END
    )
    yield Case("chunk of 4 GB.png", Reason.INCOMPLETE, lambda: header(99, 99) + chunk(b"IDAT", b"", length=0xFFFFFFFF))
    empty = chunk(b"IDAT", b"")
    yield Case("300000 empty chunks.png", Reason.INCOMPLETE, lambda: header(99, 99) + empty * 300_000 + END)
