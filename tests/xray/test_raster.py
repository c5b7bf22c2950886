"""JPEG, PNG and TIFF: what is read, and how what is not is refused."""

import io
import itertools
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from xray.errors import RejectedImage
from xray.formats import FORMATS, decode, raster, sniff
from xray.reasons import Reason


def encode(pixels: NDArray[Any] | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def refusal(data: bytes) -> Reason:
    with pytest.raises(RejectedImage) as refused:
        decode(data)
    return refused.value.reason


def tiff(
    pixels: NDArray[Any],
    *,
    photometric: int = 1,
    order: str = "<",
    big: bool = False,
    tile: int = 0,
    deflate: bool = False,
    sample_format: int = 1,
) -> bytes:
    """Write a TIFF of one picture, in kinds that Pillow does not write (TIFF 6.0; BigTIFF)."""
    rows, columns = pixels.shape[:2]
    samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    blocks = [pixels]
    if tile:
        padded = np.pad(pixels, ((0, -rows % tile), (0, -columns % tile)))
        corners = itertools.product(range(0, padded.shape[0], tile), range(0, padded.shape[1], tile))
        blocks = [padded[y : y + tile, x : x + tile] for y, x in corners]
    raw = [np.ascontiguousarray(block, block.dtype.newbyteorder(order)).tobytes() for block in blocks]  # type: ignore[arg-type]
    parts = [zlib.compress(one) if deflate else one for one in raw]

    wide, inline = ("Q", 8) if big else ("I", 4)
    codes = {3: "H", 4: "I", 16: "Q"}
    offset_kind = 16 if big else 4
    place, size = (324, 325) if tile else (273, 279)
    entries: dict[int, tuple[int, list[int]]] = {
        256: (4, [columns]),
        257: (4, [rows]),
        258: (3, [pixels.dtype.itemsize * 8] * samples),
        259: (3, [8 if deflate else 1]),
        262: (3, [photometric]),
        place: (offset_kind, [0] * len(parts)),
        277: (3, [samples]),
        size: (offset_kind, [len(part) for part in parts]),
        339: (3, [sample_format] * samples),
    }
    entries |= {322: (4, [tile]), 323: (4, [tile])} if tile else {278: (4, [rows])}
    head = b"II" if order == "<" else b"MM"
    head += struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8)
    directory_bytes = 8 + 20 * len(entries) + 8 if big else 2 + 12 * len(entries) + 4
    lengths = {tag: len(values) * struct.calcsize(codes[kind]) for tag, (kind, values) in entries.items()}
    outside = {tag: length for tag, length in lengths.items() if length > inline}
    at = len(head) + directory_bytes
    spots = dict(zip(outside, itertools.accumulate(outside.values(), initial=at), strict=False))
    at += sum(outside.values())
    entries[place] = (
        offset_kind,
        list(itertools.accumulate((len(part) for part in parts[:-1]), initial=at)),
    )
    packed = {tag: struct.pack(f"{order}{len(v)}{codes[k]}", *v) for tag, (k, v) in entries.items()}
    directory = struct.pack(order + ("Q" if big else "H"), len(entries))
    for tag in sorted(entries):
        kind, values = entries[tag]
        directory += struct.pack(order + "HH" + wide, tag, kind, len(values))
        directory += struct.pack(order + wide, spots[tag]) if tag in outside else packed[tag].ljust(inline, b"\0")
    directory += struct.pack(order + wide, 0)
    return head + directory + b"".join(packed[tag] for tag in outside) + b"".join(parts)


# What is read.


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_eight_bit_grey_is_kept(chest: NDArray[np.uint8], kind: str) -> None:
    radiograph = decode(encode(chest, kind))
    assert np.array_equal(radiograph.pixels, chest)
    source = radiograph.source
    assert (source.format, source.width, source.height, source.bits_stored) == (kind, 128, 160, 8)
    assert (source.polarity, source.window) == ("MONOCHROME2", "none")


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_bits_used_are_the_range_not_the_box(chest: NDArray[np.uint8], kind: str, bits: int) -> None:
    top = (1 << bits) - 1
    deep = np.rint(chest / chest.max() * top).astype(np.uint16)
    radiograph = decode(encode(deep, kind))
    assert np.abs(radiograph.pixels - deep * (255 / top)).max() <= 0.5 + 1e-6
    assert (radiograph.source.bits_stored, radiograph.source.window) == (bits, f"{bits}-bit range")


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_grey_told_in_colour_is_grey(chest: NDArray[np.uint8], kind: str, mode: str) -> None:
    assert np.array_equal(decode(encode(Image.fromarray(chest).convert(mode), kind)).pixels, chest)


def test_a_palette_of_greys_is_grey(chest: NDArray[np.uint8]) -> None:
    image = Image.fromarray(255 - chest)
    image.putpalette([level for grey in range(255, -1, -1) for level in (grey, grey, grey)])
    assert image.mode == "P"
    assert np.array_equal(decode(encode(image)).pixels, chest)


def test_a_palette_with_a_transparent_entry_is_black_there(chest: NDArray[np.uint8]) -> None:
    image = Image.fromarray(np.where(chest == 77, 255, chest).astype(np.uint8))
    image.putpalette([level for grey in range(256) for level in (grey, grey, grey)])
    pixels = decode(encode(image, transparency=255)).pixels
    assert np.array_equal(pixels, np.where((chest == 77) | (chest == 255), 0, chest))


def test_what_is_transparent_is_black(chest: NDArray[np.uint8]) -> None:
    alpha = np.full_like(chest, 255)
    alpha[:20] = 0
    pixels = decode(encode(np.dstack([chest, chest, chest, alpha]))).pixels
    assert not pixels[:20].any()
    assert np.array_equal(pixels[20:], chest[20:])


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_is_close_to_what_went_in(chest: NDArray[np.uint8], mode: str, options: dict[str, object]) -> None:
    data = encode(Image.fromarray(chest).convert(mode), "JPEG", quality=95, **options)
    radiograph = decode(data)
    assert np.abs(radiograph.pixels.astype(int) - chest).mean() < 2
    assert radiograph.source.format == "JPEG"


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("tile", [0, 64])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", [0, 1])
def test_every_kind_of_tiff_is_read_or_refused_by_name(
    chest: NDArray[np.uint8], *, photometric: int, order: str, big: bool, tile: int, deflate: bool, deep: bool
) -> None:
    pixels = chest.astype(np.uint16) * 257 if deep else chest
    data = tiff(pixels, photometric=photometric, order=order, big=big, tile=tile, deflate=deflate)
    # Pillow reads neither big-endian BigTIFF nor big-endian WhiteIsZero of 16 bits.
    if order == ">" and (big or (deep and photometric == 0)):
        assert refusal(data) == Reason.UNSUPPORTED_ENCODING
        return
    radiograph = decode(data)
    assert np.array_equal(radiograph.pixels, chest if photometric == 1 else 255 - chest)
    if deep:
        assert radiograph.source.polarity == ("MONOCHROME1" if photometric == 0 else "MONOCHROME2")


def turned(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """What a viewer shows for pixels stored with this Exif orientation."""
    turn = {1: 0, 2: 0, 3: 2, 4: 2, 5: 3, 6: 3, 7: 1, 8: 1}[orientation]
    shown = np.rot90(pixels, turn)
    return shown[:, ::-1] if orientation in (2, 4, 5, 7) else shown


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "TIFF16", "PNG16"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_followed(chest: NDArray[np.uint8], orientation: int, kind: str) -> None:
    deep = kind.endswith("16")
    stored = chest.astype(np.uint16) * 257 if deep else chest
    exif = Image.Exif()
    exif[274] = orientation
    options: dict[str, Any] = {"quality": 100} if kind == "JPEG" else {}
    radiograph = decode(encode(stored, kind.removesuffix("16"), exif=exif, **options))
    wanted = turned(chest, orientation)
    assert radiograph.pixels.shape == wanted.shape
    assert np.abs(radiograph.pixels.astype(int) - wanted).max() <= (4 if kind == "JPEG" else 0)
    assert (radiograph.source.height, radiograph.source.width) == wanted.shape
    assert np.array_equal(turned(np.arange(6).reshape(2, 3), 6), [[3, 0], [4, 1], [5, 2]])  # a quarter clockwise


def test_a_reduced_jpeg_still_tells_its_full_size() -> None:
    picture = np.random.default_rng(3).integers(0, 256, (1001, 1007), np.uint8)
    radiograph = decode(encode(picture, "JPEG"), at_least=60)
    assert radiograph.pixels.shape == (126, 126)
    assert (radiograph.source.height, radiograph.source.width) == (1001, 1007)
    assert radiograph.extent == (1007 / 8, 1001 / 8)


def test_a_turned_jpeg_is_decoded_in_full() -> None:
    exif = Image.Exif()
    exif[274] = 6
    picture = np.random.default_rng(3).integers(0, 256, (1001, 1007), np.uint8)
    radiograph = decode(encode(picture, "JPEG", exif=exif), at_least=60)
    assert radiograph.pixels.shape == (radiograph.source.height, radiograph.source.width) == (1007, 1001)


@given(st.integers(65, 1200), st.integers(65, 1200), st.integers(1, 400))
def test_a_reduced_jpeg_keeps_twice_what_was_asked_for(rows: int, columns: int, at_least: int) -> None:
    data = encode(np.tile(np.arange(columns, dtype=np.uint8), (rows, 1)), "JPEG")
    radiograph = decode(data, at_least=at_least)
    assert min(radiograph.pixels.shape) >= min(2 * at_least, rows, columns)
    assert (radiograph.source.height, radiograph.source.width) == (rows, columns)


# What is refused, and as what.


def animated(chest: NDArray[np.uint8]) -> bytes:
    return encode(chest, save_all=True, append_images=[Image.fromarray(255 - chest)])


def many_pages(chest: NDArray[np.uint8]) -> bytes:
    return encode(chest, "TIFF", save_all=True, append_images=[Image.fromarray(255 - chest)])


def test_several_pictures_in_a_file_are_refused(chest: NDArray[np.uint8]) -> None:
    assert refusal(animated(chest)) == Reason.SEVERAL_FRAMES
    assert refusal(many_pages(chest)) == Reason.SEVERAL_FRAMES


def test_floating_point_is_refused(chest: NDArray[np.uint8]) -> None:
    assert refusal(encode(chest.astype(np.float32), "TIFF")) == Reason.UNSUPPORTED_PIXELS


def test_negative_values_are_refused(chest: NDArray[np.uint8]) -> None:
    assert refusal(tiff(chest.astype(np.int16) - 300, sample_format=2)) == Reason.UNSUPPORTED_PIXELS


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_black_and_white_is_refused(chest: NDArray[np.uint8], kind: str) -> None:
    assert refusal(encode(Image.fromarray(chest).convert("1"), kind)) == Reason.UNSUPPORTED_PIXELS


def png16(pixels: NDArray[np.uint16], colour_type: int) -> bytes:
    """A PNG of 16 bits a sample with colour or alpha, which Pillow does not write."""
    rows, columns, _ = pixels.shape
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 16, colour_type, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines)),
        (b"IEND", b""),
    ]
    body = (
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


@pytest.mark.parametrize(("colour_type", "samples"), [(2, 3), (4, 2), (6, 4)])
def test_sixteen_bit_colour_is_read_only_where_it_uses_its_bits(
    chest: NDArray[np.uint8], colour_type: int, samples: int
) -> None:
    layers = [chest.astype(np.uint16) * 257] * samples
    if samples in (2, 4):
        layers[-1] = np.full_like(layers[0], 65535)
    assert np.array_equal(decode(png16(np.dstack(layers), colour_type)).pixels, chest)
    dark = [chest.astype(np.uint16) * 16] * samples  # 12 bits
    if samples in (2, 4):
        dark[-1] = np.full_like(dark[0], 65535)
    assert refusal(png16(np.dstack(dark), colour_type)) == Reason.UNSUPPORTED_PIXELS


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_truncated_file_is_incomplete(chest: NDArray[np.uint8], kind: str) -> None:
    data = encode(chest, kind)
    assert refusal(data[: len(data) * 2 // 3]) == Reason.INCOMPLETE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_rubbish_behind_a_good_start_is_damaged(chest: NDArray[np.uint8], kind: str) -> None:
    data = encode(chest, kind)
    rubbish = np.random.default_rng(5).integers(0, 256, 3000, np.uint8).tobytes()
    assert refusal(data[:8] + rubbish) in (Reason.DAMAGED, Reason.INCOMPLETE)


def test_a_flipped_byte_in_a_png_is_damaged(chest: NDArray[np.uint8]) -> None:
    data = bytearray(encode(chest))
    data[len(data) // 2] ^= 0xFF
    assert refusal(bytes(data)) == Reason.DAMAGED


@pytest.mark.parametrize(
    "data",
    [
        b"Findings: no infiltrate.",
        b"<svg/>",
        b"GIF89a" + bytes(100),
        b"BM" + bytes(100),
        b"%PDF-1.7",
        bytes(500),
        b"\xff",
    ],
)
def test_other_files_are_of_unknown_format(data: bytes) -> None:
    assert refusal(data) == Reason.UNKNOWN_FORMAT


def test_an_empty_file_is_empty() -> None:
    assert refusal(b"") == Reason.EMPTY


@pytest.mark.parametrize("shape", [(63, 500), (500, 63), (1, 1), (32, 32)])
def test_a_thumbnail_is_too_small(shape: tuple[int, int]) -> None:
    assert refusal(encode(np.random.default_rng(1).integers(0, 256, shape, np.uint8))) == Reason.TOO_SMALL


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_one_even_shade_is_blank(shade: int, kind: str) -> None:
    assert refusal(encode(np.full((100, 100), shade, np.uint8), kind)) == Reason.BLANK


def test_a_huge_png_is_refused_without_allocating(chest: NDArray[np.uint8]) -> None:
    data = bytearray(encode(chest))
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    tracemalloc.start()
    assert refusal(bytes(data)) == Reason.TOO_LARGE
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_a_huge_tiff_and_jpeg_are_refused(chest: NDArray[np.uint8]) -> None:
    data = tiff(chest)
    wide = data.replace(struct.pack("<HHII", 256, 4, 1, 128), struct.pack("<HHII", 256, 4, 1, 50_000_000))
    assert wide != data
    assert refusal(wide) == Reason.TOO_LARGE
    jpeg = bytearray(encode(chest, "JPEG"))
    start = jpeg.index(b"\xff\xc0")
    jpeg[start + 5 : start + 9] = struct.pack(">HH", 65_000, 65_000)
    assert refusal(bytes(jpeg)) == Reason.TOO_LARGE


def test_a_progressive_jpeg_of_endless_scans_is_too_slow(
    chest: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encode(chest, "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    endless = data[:scan] + data[scan:-2] * 200 + b"\xff\xd9"
    monkeypatch.setattr(raster, "MAX_SCANNED_PIXELS", 100 * chest.size)
    assert refusal(endless) == Reason.TOO_SLOW
    assert decode(data).pixels.shape == chest.shape


def test_a_png_text_bomb_is_damaged(chest: NDArray[np.uint8]) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "x" * 3_000_000, zip=True)
    assert refusal(encode(chest, pnginfo=text)) == Reason.DAMAGED


@given(
    kind=st.sampled_from(["JPEG", "PNG", "TIFF"]),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=20),
)
def test_whatever_bytes_change_the_file_is_answered_or_refused(
    chest: NDArray[np.uint8], kind: str, changes: list[tuple[float, int]]
) -> None:
    data = bytearray(encode(chest, kind))
    for share, value in changes:
        data[int(share * 2 * 200) if share < 0.5 else int((share * 2 - 1) * len(data))] = value
    try:
        radiograph = decode(bytes(data))
    except RejectedImage:
        return
    assert radiograph.pixels.dtype == np.uint8
    assert radiograph.pixels.shape == (radiograph.source.height, radiograph.source.width)


def test_the_table_of_formats_knows_each_by_its_first_bytes(chest: NDArray[np.uint8]) -> None:
    for kind in ("JPEG", "PNG", "TIFF"):
        known = sniff(encode(chest, kind)[:200])
        assert known is not None and known.name == kind
    assert [known.name for known in FORMATS] == ["DICOM", "JPEG", "PNG", "TIFF"]


def test_only_the_named_decoder_opens_a_file(chest: NDArray[np.uint8]) -> None:
    """A JPEG's first bytes never lead to another of Pillow's forty parsers."""
    assert refusal(b"\xff\xd8\xff" + encode(chest, "GIF")) == Reason.DAMAGED
