"""Transfer syntaxes: every encoding gives the stored values back, and none is believed more than its header."""

import importlib
import io
import struct
import sys
import tracemalloc
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from xray.errors import RejectedImage, SetupError
from xray.formats import decode, dicom_elements
from xray.formats.dicom_pixels import CODECS
from xray.reasons import Reason

MakeDicom = Callable[..., bytes]
IMPLICIT, EXPLICIT, BIG, DEFLATED = (f"1.2.840.10008.1.2{end}" for end in ("", ".1", ".2", ".1.99"))
RLE, BASELINE, JPEG_LS, NEAR, J2K, J2K_LOSSY = (
    f"1.2.840.10008.1.2.{end}" for end in ("5", "4.50", "4.80", "4.81", "4.90", "4.91")
)
WINDOW = {"WindowCenter": "2048", "WindowWidth": "4096"}


def refusal(data: bytes) -> Reason:
    with pytest.raises(RejectedImage) as refused:
        decode(data)
    return refused.value.reason


LOSSLESS = {
    "implicit": (IMPLICIT, ""),
    "big endian": (BIG, ""),
    "deflated": (DEFLATED, ""),
    "RLE": (RLE, "pylibjpeg"),
    "JPEG-LS": (JPEG_LS, "pyjpegls"),
    "JPEG 2000": (J2K, "pylibjpeg"),
}


@pytest.mark.parametrize(("syntax", "plugin"), LOSSLESS.values(), ids=LOSSLESS)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_every_encoding_gives_the_same_picture(
    make_dicom: MakeDicom, syntax: str, plugin: str, photometric: str
) -> None:
    plain = decode(make_dicom(PhotometricInterpretation=photometric, **WINDOW))
    coded = decode(make_dicom(syntax=syntax, plugin=plugin, PhotometricInterpretation=photometric, **WINDOW))
    assert np.array_equal(coded.pixels, plain.pixels)
    assert coded.source == plain.source


@pytest.mark.parametrize(("syntax", "plugin"), LOSSLESS.values(), ids=LOSSLESS)
def test_every_encoding_keeps_signed_values(
    make_dicom: MakeDicom, chest12: NDArray[np.uint16], syntax: str, plugin: str
) -> None:
    signed = chest12.astype(np.int16) - 2048
    data = make_dicom(signed, syntax=syntax, plugin=plugin, WindowCenter="0", WindowWidth="4096")
    assert np.array_equal(decode(data).pixels, decode(make_dicom(**WINDOW)).pixels)


@pytest.mark.parametrize(("syntax", "plugin"), LOSSLESS.values(), ids=LOSSLESS)
def test_every_encoding_reads_eight_bits(
    make_dicom: MakeDicom, chest: NDArray[np.uint8], syntax: str, plugin: str
) -> None:
    odd = np.ascontiguousarray(chest[:-1, :-1])
    data = make_dicom(odd, syntax=syntax, plugin=plugin, WindowCenter="128", WindowWidth="256")
    assert np.array_equal(decode(data).pixels, odd)


@pytest.mark.parametrize(("syntax", "plugin"), [(NEAR, "pyjpegls"), (J2K_LOSSY, "pylibjpeg")])
def test_lossy_encodings_stay_close(make_dicom: MakeDicom, syntax: str, plugin: str) -> None:
    from pydicom import dcmread
    from pydicom.uid import UID

    dataset = dcmread(io.BytesIO(make_dicom(**WINDOW)))
    options = {"jls_error": 5} if syntax == NEAR else {"j2k_cr": [6]}
    dataset.compress(UID(syntax), encoding_plugin=plugin, **options)
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    plain = decode(make_dicom(**WINDOW)).pixels.astype(int)
    assert np.abs(decode(file.getvalue()).pixels - plain).mean() < 2


def jpeg(chest: NDArray[np.uint8], **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(chest).save(file, "JPEG", quality=95, **options)
    return file.getvalue()


def test_baseline_jpeg_is_read(make_dicom: MakeDicom, chest: NDArray[np.uint8]) -> None:
    data = make_dicom(chest, syntax=BASELINE, frame=jpeg(chest), WindowCenter="128", WindowWidth="256")
    assert np.abs(decode(data).pixels.astype(int) - chest).max() <= 8


def test_a_frame_may_come_in_several_fragments(make_dicom: MakeDicom, chest: NDArray[np.uint8]) -> None:
    from pydicom.encaps import encapsulate

    frame = jpeg(chest)
    whole = make_dicom(chest, syntax=BASELINE, frame=frame, WindowCenter="128", WindowWidth="256")
    pieces = encapsulate([frame], fragments_per_frame=3, has_bot=False)
    at = whole.index(b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff") + 12
    assert np.array_equal(decode(whole[:at] + pieces + b"\xfe\xff\xdd\xe0\0\0\0\0").pixels, decode(whole).pixels)


@pytest.mark.parametrize("syntax", CODECS)
def test_the_named_decoder_of_every_syntax_is_there(syntax: str) -> None:
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    assert CODECS[syntax].plugin in get_decoder(UID(syntax)).available_plugins


def test_a_missing_decoder_is_the_installations_fault(make_dicom: MakeDicom, monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_dicom(syntax=JPEG_LS, plugin="pyjpegls")
    monkeypatch.setitem(sys.modules, "jpeg_ls", None)
    with pytest.raises(SetupError, match=r"lungwatch\[dicom\]"):
        decode(data)


def test_without_pydicom_the_other_formats_are_read(
    make_dicom: MakeDicom, chest: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make_dicom()
    monkeypatch.setitem(sys.modules, "pydicom", None)
    importlib.import_module("xray.formats")
    assert decode(jpeg(chest)).pixels.shape == chest.shape
    with pytest.raises(SetupError, match=r"lungwatch\[dicom\]"):
        decode(data)


# What comes in badly.


@pytest.mark.parametrize("syntax", [b"1.2.840.10008.1.2.4.94", b"1.2.840.10008.1.2.4.52", b"1.2.345.67890.1.2.3.45"])
def test_other_encodings_are_refused(make_dicom: MakeDicom, chest: NDArray[np.uint8], syntax: bytes) -> None:
    data = make_dicom(chest, syntax=BASELINE, frame=jpeg(chest))
    assert refusal(data.replace(BASELINE.encode(), syntax)) == Reason.UNSUPPORTED_ENCODING


def test_a_progressive_jpeg_is_not_baseline(make_dicom: MakeDicom, chest: NDArray[np.uint8]) -> None:
    data = make_dicom(chest, syntax=BASELINE, frame=jpeg(chest, progressive=True))
    assert refusal(data) == Reason.UNSUPPORTED_ENCODING


def test_native_pixels_under_a_compressed_syntax_are_damaged(make_dicom: MakeDicom) -> None:
    data = make_dicom().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0")
    assert refusal(data) == Reason.DAMAGED


@pytest.mark.parametrize(("syntax", "plugin"), LOSSLESS.values(), ids=LOSSLESS)
def test_a_cut_off_file_is_incomplete(make_dicom: MakeDicom, syntax: str, plugin: str) -> None:
    data = make_dicom(syntax=syntax, plugin=plugin)
    for kept in (200, len(data) // 2, len(data) - 20):
        assert refusal(data[:kept]) == Reason.INCOMPLETE


def test_too_few_pixels_are_incomplete(make_dicom: MakeDicom) -> None:
    assert refusal(make_dicom(Rows=161)) == Reason.INCOMPLETE


@pytest.mark.parametrize(("syntax", "plugin"), list(LOSSLESS.values())[3:], ids=list(LOSSLESS)[3:])
def test_a_codestream_of_another_shape_is_damaged(make_dicom: MakeDicom, syntax: str, plugin: str) -> None:
    from pydicom import dcmread

    dataset = dcmread(io.BytesIO(make_dicom(syntax=syntax, plugin=plugin)))
    for rows, columns in ((160, 129), (161, 128), (128, 160), (320, 256)):
        dataset.Rows, dataset.Columns = rows, columns
        file = io.BytesIO()
        dataset.save_as(file)
        if (rows, columns) != (128, 160) or syntax != RLE:  # as many pixels: RLE cannot tell
            assert refusal(file.getvalue()) == Reason.DAMAGED


def j2k(rows: int, columns: int, *, tile: int = 0, block: int = 6, precinct: int = 0) -> bytes:
    """The header of a JPEG 2000 codestream and an empty tile."""
    siz = struct.pack(">HHIIIIIIIIHBBB", 41, 0, columns, rows, 0, 0, tile or columns, tile or rows, 0, 0, 1, 11, 1, 1)
    style = bytes([bool(precinct), 0, 0, 1, 0, 1, block - 2, block - 2, 0, 1]) + bytes([precinct * 17] * 2) * bool(
        precinct
    )
    start = b"\xff\x4f\xff\x51" + siz + b"\xff\x52" + struct.pack(">H", 2 + len(style)) + style
    start += b"\xff\x5c\x00\x07\x40\x80\x80\x80\x80"
    return start + b"\xff\x90" + struct.pack(">HHIBB", 10, 0, 0, 0, 1) + b"\xff\x93" + bytes(100) + b"\xff\xd9"


@pytest.mark.parametrize(
    ("rows", "columns", "options"),
    [
        (60000, 60000, {}),
        (160, 128, {"tile": 1}),
        (160, 128, {"block": 2}),
        (160, 128, {"precinct": 1}),
    ],
)
def test_a_jpeg_2000_header_that_costs_more_than_the_picture_is_damaged(
    make_dicom: MakeDicom, rows: int, columns: int, options: dict[str, int]
) -> None:
    tracemalloc.start()
    assert refusal(make_dicom(syntax=J2K, frame=j2k(rows, columns, **options))) == Reason.DAMAGED
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_picture_larger_than_any_radiograph_is_refused_before_decoding(make_dicom: MakeDicom) -> None:
    data = make_dicom(syntax=J2K, frame=j2k(60000, 60000), Rows=60000, Columns=60000)
    assert refusal(data) == Reason.TOO_LARGE


def test_a_comment_after_the_last_tile_part_does_not_matter(make_dicom: MakeDicom) -> None:
    from pydicom import dcmread
    from pydicom.encaps import generate_frames

    plain = make_dicom(syntax=J2K, plugin="pylibjpeg")
    (frame,) = generate_frames(dcmread(io.BytesIO(plain)).PixelData, number_of_frames=1)
    frame = frame.rstrip(b"\0")
    assert frame.endswith(b"\xff\xd9")
    commented = make_dicom(syntax=J2K, frame=frame[:-2] + b"\xff\x64\x00\x08\x00\x01done\xff\xd9")
    assert np.array_equal(decode(commented).pixels, decode(plain).pixels)


def test_a_deflate_bomb_meets_a_limit(make_dicom: MakeDicom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_elements, "MAX_INFLATED_BYTES", 1 << 20)
    plain = make_dicom(syntax=DEFLATED)
    start = 144 + int.from_bytes(plain[140:144], "little")
    deflater = zlib.compressobj(9, wbits=-15)
    bomb = plain[:start] + deflater.compress(bytes(64 << 20)) + deflater.flush()
    tracemalloc.start()
    assert refusal(bomb) == Reason.TOO_LARGE
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_a_deflated_file_with_rubbish_inside_is_damaged(make_dicom: MakeDicom) -> None:
    plain = make_dicom(syntax=DEFLATED)
    start = 144 + int.from_bytes(plain[140:144], "little")
    assert refusal(plain[:start] + b"\xff" * 500) == Reason.DAMAGED


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        bytes(64),
        struct.pack("<16I", 1, 64, *[0] * 14) + bytes(5000),  # one segment for two bytes
        struct.pack("<16I", 2, 64, 4_000_000_000, *[0] * 13) + bytes(5000),
        struct.pack("<16I", 2, 64, 70, *[0] * 13) + b"\x81\0" * 100_000,  # 25 MB for 20 kB
        struct.pack("<16I", 2, 64, 70, *[0] * 13) + b"\x81\0" * 20,
    ],
)
def test_an_rle_frame_that_is_not_its_picture_is_damaged(make_dicom: MakeDicom, frame: bytes) -> None:
    assert refusal(make_dicom(syntax=RLE, frame=frame or b"\0\0")) == Reason.DAMAGED


def test_too_many_elements_are_damaged(make_dicom: MakeDicom) -> None:
    plain = make_dicom()
    at = plain.index(b"\xe0\x7f\x10\x00OW")
    many = b"".join(struct.pack("<HH2sH", 0x7FDF, number, b"LO", 0) for number in range(21_000))
    assert refusal(plain[:at] + many + plain[at:]) == Reason.DAMAGED


@pytest.mark.parametrize("undefined", [True, False])
def test_a_nest_of_sequences_is_damaged(make_dicom: MakeDicom, *, undefined: bool) -> None:
    plain = make_dicom()
    at = plain.index(b"\xe0\x7f\x10\x00OW")
    nest = b""
    for _ in range(2000):
        item = b"\xfe\xff\x00\xe0" + struct.pack("<I", 0xFFFFFFFF if undefined else len(nest)) + nest
        item += b"\xfe\xff\x0d\xe0\0\0\0\0" if undefined else b""
        length = 0xFFFFFFFF if undefined else len(item)
        nest = b"\xdf\x7f\x01\x00SQ\0\0" + struct.pack("<I", length) + item
        nest += b"\xfe\xff\xdd\xe0\0\0\0\0" if undefined else b""
    assert refusal(plain[:at] + nest + plain[at:]) == Reason.DAMAGED


def test_rubbish_after_valid_meta_information_is_damaged(make_dicom: MakeDicom) -> None:
    plain = make_dicom()
    start = 144 + int.from_bytes(plain[140:144], "little")
    rubbish = np.random.default_rng(1).integers(0, 256, 5000, np.uint8).tobytes()
    assert refusal(plain[:start] + rubbish) in (Reason.DAMAGED, Reason.INCOMPLETE, Reason.NO_PIXELS)


@given(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=30))
@pytest.mark.parametrize(("syntax", "plugin"), LOSSLESS.values(), ids=LOSSLESS)
def test_whatever_bytes_change_the_file_is_answered_or_refused(
    make_dicom: MakeDicom, syntax: str, plugin: str, changes: list[tuple[float, int]]
) -> None:
    data = bytearray(make_dicom(syntax=syntax, plugin=plugin, **WINDOW))
    for share, value in changes:
        # Headers are where decoders trip: half of the changes go into the first 1,500 bytes.
        data[int(share * 2 * 1500) if share < 0.5 else int((share * 2 - 1) * len(data))] = value
    try:
        radiograph = decode(bytes(data))
    except RejectedImage:
        return
    assert radiograph.pixels.dtype == np.uint8
    assert radiograph.pixels.shape == (radiograph.source.height, radiograph.source.width)
