"""What an encoded picture says of itself, held against what the DICOM header says, before a decoder believes either.

A 526-byte JPEG 2000 frame that claims 60,000 × 60,000 pixels makes its decoder ask for gigabytes, whatever the DICOM
header around it says. The claims stand in the first bytes of each codestream and are cheap to read.
"""

import struct
from dataclasses import dataclass

from xray.errors import RejectedImage
from xray.formats.dicom_header import Raster
from xray.reasons import Reason

MAX_TILES = 4096
"""Of a JPEG 2000 picture; encoders write one, or tiles of 256 pixels and more."""
MIN_CODE_BLOCK_SAMPLES = 64
"""Encoders use 64 × 64 or 32 × 32; with 4 × 4, 300 bytes made OpenJPEG take 1.5 GB for 49 megapixels."""
MIN_PRECINCT_BITS = 4
"""Precincts of less than 16 × 16 likewise (only the lowest resolutions may have smaller ones)."""

_START_OF_SCAN = 0xDA
_SCAN = b"\xff\xda"  # cannot stand in encoded data
_SEQUENTIAL = frozenset((0xC0, 0xC1))
_J2K_START = b"\xff\x4f\xff\x51"
_NO_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
_START_OF_FRAME = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Claim:
    """What the codestream says."""

    process: int
    """Of JPEG and JPEG-LS: the number of the start-of-frame marker, 0xC0 and on."""
    rows: int
    columns: int
    components: int
    precision: int
    """Bits of a sample."""


def check_jpeg(frame: bytes, raster: Raster, processes: frozenset[int]) -> bytes:
    """Refuse a JPEG or JPEG-LS frame that is of another process, shape or depth than its header says.

    Returns:
        The frame for the decoder. Some writers of lossy 12-bit frames leave the end of spectral selection at 0, where
        a sequential process allows 63 only (ITU-T T.81, table B.3). Older decoders never looked at it, ours refuses
        to go on; so it is set right.
    """
    claim, scan = _read_jpeg(frame)
    if claim.process not in processes:
        raise RejectedImage(Reason.UNSUPPORTED_ENCODING, f"its transfer syntax does not allow SOF {claim.process:#x}")
    _compare(claim, raster)
    if frame.count(_SCAN, scan) > 1:  # each would make the decoder go over the whole picture again
        raise RejectedImage(Reason.DAMAGED, "expected one scan for one component")
    end = scan + 2 + int.from_bytes(frame[scan + 2 : scan + 4], "big")
    if claim.process in _SEQUENTIAL and frame[end - 3 : end] == b"\x00\x00\x00":
        return frame[: end - 2] + b"\x3f" + frame[end - 1 :]
    return frame


def check_jpeg_2000(frame: bytes, raster: Raster) -> bytes:
    """Refuse a JPEG 2000 frame (high-throughput or not) that says otherwise than its header, or costs too much.

    Returns:
        The frame for the decoder. Kakadu 5 put a comment between the last tile-part and the end, where ISO/IEC
        15444-1 has no place for one; OpenJPEG then gives up after all is decoded. It is left out.
    """
    _compare(_read_jpeg_2000(frame), raster)
    return _without_last_comment(frame)


def check_rle(frame: bytes, raster: Raster) -> bytes:
    """Refuse an RLE frame whose segments are not the bytes of one grey sample, or that cannot be what it says."""
    expected = raster.bits_allocated // 8
    if len(frame) < 64:
        raise RejectedImage(Reason.DAMAGED, "its RLE header is cut off")
    segments, *offsets = struct.unpack_from("<16I", frame)
    if segments != expected:
        raise RejectedImage(Reason.DAMAGED, f"expected {expected} RLE segments, got {segments}")
    ends = [*offsets[1:segments], len(frame)]
    pixels = raster.rows * raster.columns
    for start, end in zip(offsets[:segments], ends, strict=True):
        if not 64 <= start < end <= len(frame):
            raise RejectedImage(Reason.DAMAGED, "its RLE segments do not follow each other")
        if end - start > 2 * pixels + 16:  # the most wasteful encoder spends two bytes on one
            raise RejectedImage(Reason.DAMAGED, "an RLE segment holds more than the picture")
    return frame


def _compare(claim: Claim, raster: Raster) -> None:
    if (claim.rows, claim.columns, claim.components) != (raster.rows, raster.columns, 1):
        raise RejectedImage(
            Reason.DAMAGED,
            f"its header says {raster.columns}×{raster.rows}×1, its encoded picture "
            f"{claim.columns}×{claim.rows}×{claim.components}",
        )
    if not 2 <= claim.precision <= raster.bits_allocated:
        raise RejectedImage(Reason.DAMAGED, f"{claim.precision} bits a sample in {raster.bits_allocated} allocated")


def _read_jpeg(frame: bytes) -> tuple[Claim, int]:
    """Return what the start of frame says, and where the start of scan is."""
    if not frame.startswith(b"\xff\xd8"):
        raise RejectedImage(Reason.DAMAGED, "expected a JPEG codestream")
    at, claim = 2, None
    while at + 10 <= len(frame):
        if frame[at] != 0xFF:
            raise RejectedImage(Reason.DAMAGED, "expected a JPEG marker")
        marker = frame[at + 1]
        if marker == _START_OF_SCAN and claim is not None:
            return claim, at
        if marker in _START_OF_FRAME:
            if claim is not None:
                raise RejectedImage(Reason.DAMAGED, "expected one JPEG frame")
            precision, rows, columns, components = struct.unpack_from(">BHHB", frame, at + 4)
            claim = Claim(marker, rows, columns, components, precision)
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _NO_LENGTH:
            at += 2
        else:
            at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    raise RejectedImage(Reason.DAMAGED, "its JPEG header is cut off")


def _read_jpeg_2000(frame: bytes) -> Claim:
    if not frame.startswith(_J2K_START):
        raise RejectedImage(Reason.UNSUPPORTED_ENCODING, "expected a bare JPEG 2000 codestream")
    try:
        # ISO/IEC 15444-1 Annex A.5.1
        x1, y1, x0, y0, tile_x, tile_y, tile_x0, tile_y0, components = struct.unpack_from(">8IH", frame, 8)
        depth = frame[42]
        if not tile_x or not tile_y or x1 <= x0 or y1 <= y0:
            raise RejectedImage(Reason.DAMAGED, "its JPEG 2000 picture or tiles are empty")
        tiles = -(-(x1 - tile_x0) // tile_x) * -(-(y1 - tile_y0) // tile_y)
        if tiles > MAX_TILES:
            raise RejectedImage(Reason.DAMAGED, f"expected at most {MAX_TILES} tiles, got {tiles}")
        _check_cost(frame)
    except (struct.error, IndexError) as error:
        raise RejectedImage(Reason.DAMAGED, "its JPEG 2000 header is cut off") from error
    return Claim(0, y1 - y0, x1 - x0, components, (depth & 0x7F) + 1)


def _check_cost(frame: bytes) -> None:
    """Refuse coding styles (Annex A.6.1) whose bookkeeping costs a decoder far more than the picture."""
    at = 2
    while frame[at] == 0xFF and frame[at + 1] not in (0x90, 0xD9):  # up to the first tile-part
        marker = frame[at + 1]
        if marker in (0x52, 0x53):  # COD, COC
            # COC: component (1 byte, we allow no more than one component), style, then as COD from the levels on.
            precincts = frame[at + (4 if marker == 0x52 else 5)] & 1
            levels_at = at + (9 if marker == 0x52 else 6)
            levels, block_x, block_y = frame[levels_at : levels_at + 3]
            if 1 << (block_x + 2 + block_y + 2) < MIN_CODE_BLOCK_SAMPLES:
                raise RejectedImage(Reason.DAMAGED, f"expected code-blocks of {MIN_CODE_BLOCK_SAMPLES} samples or more")
            sizes = frame[levels_at + 5 : levels_at + 6 + levels] if precincts else b""
            if any(min(size & 15, size >> 4) < MIN_PRECINCT_BITS for size in sizes[-3:]):
                raise RejectedImage(Reason.DAMAGED, f"expected precincts of {1 << MIN_PRECINCT_BITS} samples or more")
        at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")


def _without_last_comment(frame: bytes) -> bytes:
    at = 2
    while frame[at : at + 1] == b"\xff" and frame[at + 1] != 0x90:  # the main header
        at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    while frame[at : at + 2] == b"\xff\x90":  # tile-parts, each with its length (Annex A.4.2)
        length = int.from_bytes(frame[at + 6 : at + 10], "big")
        if length < 14:  # 0: up to the end of the codestream
            return frame
        at += length
    end = at
    while frame[at : at + 2] == b"\xff\x64":
        at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    return frame[:end] + frame[at:] if frame[at : at + 2] == b"\xff\xd9" else frame
