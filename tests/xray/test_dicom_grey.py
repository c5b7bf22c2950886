"""The grey transform on DICOM files made here: order, polarity, windows, tables, padding, signs, bits."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from xray.formats import decode
from xray.radiograph import Radiograph

MakeDicom = Callable[..., bytes]
CR = "1.2.840.10008.5.1.4.1.1.1"


def read(data: bytes) -> Radiograph:
    return decode(data)


def reference(data: bytes) -> NDArray[np.uint8]:
    """What highdicom gives: modality LUT to polarity, over 0..255."""
    from highdicom import Image
    from pydicom import dcmread

    image = Image.from_dataset(dcmread(io.BytesIO(data)), copy=False)
    frame = image.get_frame(1, apply_voi_transform=True, voi_output_range=(0.0, 255.0))
    return np.asarray(np.rint(frame).astype(np.uint8))


def lut(first: int, entries: NDArray[Any], bits: int = 16) -> Any:
    """An item of a VOI or modality LUT sequence (highdicom reads those of 16 bits an entry only)."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.add_new(0x00283002, "US" if first >= 0 else "SS", [len(entries) & 0xFFFF, first, bits])
    item.add_new(0x00283006, "OW", entries.astype("<u2").tobytes())
    return item


WINDOW: dict[str, object] = {"WindowCenter": "1800", "WindowWidth": "2000"}

CHAINS: dict[str, dict[str, object]] = {
    "window": WINDOW,
    "odd window": {"WindowCenter": "1800.5", "WindowWidth": "1999.25"},
    "narrow window": {"WindowCenter": "1800", "WindowWidth": "2"},
    "linear exact": WINDOW | {"VOILUTFunction": "LINEAR_EXACT"},
    "sigmoid": WINDOW | {"VOILUTFunction": "SIGMOID"},
    "several windows": {"WindowCenter": ["1800", "900"], "WindowWidth": ["2000", "300"]},
    "monochrome 1": WINDOW | {"PhotometricInterpretation": "MONOCHROME1"},
    "monochrome 1 inverse": WINDOW | {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"},
    "monochrome 1 identity": WINDOW | {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "IDENTITY"},
    "monochrome 2 inverse": WINDOW | {"PresentationLUTShape": "INVERSE"},
    "monochrome 1 sigmoid": WINDOW | {"PhotometricInterpretation": "MONOCHROME1", "VOILUTFunction": "SIGMOID"},
    "intercept": {"WindowCenter": "800", "WindowWidth": "2000", "RescaleSlope": "1", "RescaleIntercept": "-1000"},
    "empty intercept": WINDOW | {"RescaleSlope": "1", "RescaleIntercept": None},
    "exact window and slope": {
        "WindowCenter": "450",
        "WindowWidth": "500",
        "RescaleSlope": "0.25",
        "RescaleIntercept": "0",
        "VOILUTFunction": "LINEAR_EXACT",
    },
}


@pytest.mark.parametrize("elements", CHAINS.values(), ids=CHAINS)
def test_grey_is_what_highdicom_gives(make_dicom: MakeDicom, elements: dict[str, object]) -> None:
    data = make_dicom(**elements)
    assert np.array_equal(read(data).pixels, reference(data))


@pytest.mark.parametrize("inverse", [False, True])
def test_a_voi_lut_goes_before_a_window(make_dicom: MakeDicom, *, inverse: bool) -> None:
    curve = (4095 * (np.arange(4096) / 4095) ** 0.5).round()
    data = make_dicom(
        VOILUTSequence=[lut(0, curve)], PhotometricInterpretation=f"MONOCHROME{1 if inverse else 2}", **WINDOW
    )
    radiograph = read(data)
    assert np.array_equal(radiograph.pixels, reference(data))
    assert radiograph.source.window == "VOI LUT"


def test_a_short_voi_lut_gives_its_ends_beyond_itself(make_dicom: MakeDicom) -> None:
    data = make_dicom(VOILUTSequence=[lut(1000, np.arange(500)), lut(0, np.arange(4096))])
    radiograph = read(data)
    assert np.array_equal(radiograph.pixels, reference(data))
    assert radiograph.source.window == "VOI LUT (first of 2)"


def test_a_lut_of_65536_entries_says_0(make_dicom: MakeDicom, chest12: NDArray[np.uint16]) -> None:
    data = make_dicom(chest12 * 16, BitsStored=16, VOILUTSequence=[lut(0, np.arange(65536))])
    assert np.array_equal(read(data).pixels, np.rint(chest12 * 16 * (255 / 65535)).astype(np.uint8))


def test_a_lut_may_hold_bytes(make_dicom: MakeDicom, chest12: NDArray[np.uint16]) -> None:
    item = lut(0, np.zeros(0))
    item.LUTDescriptor = [4096, 0, 8]
    item.LUTData = (np.arange(4096) // 16).astype(np.uint8).tobytes()
    assert np.array_equal(read(make_dicom(VOILUTSequence=[item])).pixels, (chest12 // 16).astype(np.uint8))


def test_a_modality_lut_comes_before_the_window(make_dicom: MakeDicom, chest12: NDArray[np.uint16]) -> None:
    table = np.arange(4096)[::-1]  # turned round, so that the order of steps shows
    item = lut(0, table)
    item.ModalityLUTType = "US"
    data = make_dicom(ModalityLUTSequence=[item], **WINDOW)
    shown = np.clip((table[chest12] - 800.0) * (255 / 1999), 0, 255)
    assert np.array_equal(read(data).pixels, np.rint(shown).astype(np.uint8))
    assert np.array_equal(read(data).pixels, reference(data))


def test_a_signed_modality_lut_starts_below_zero(make_dicom: MakeDicom, chest12: NDArray[np.uint16]) -> None:
    item = lut(-2048, np.arange(4096))
    item.ModalityLUTType = "US"
    signed = chest12.astype(np.int16) - 2048
    assert np.array_equal(
        read(make_dicom(signed, ModalityLUTSequence=[item], **WINDOW)).pixels,
        read(make_dicom(chest12, **WINDOW)).pixels,
    )


def test_slope_is_applied_before_a_linear_window(make_dicom: MakeDicom, chest12: NDArray[np.uint16]) -> None:
    data = make_dicom(WindowCenter="500", WindowWidth="400", RescaleSlope="0.25", RescaleIntercept="10")
    # PS3.3 C.11.2.1.2.1: ((x - (c - 0.5)) / (w - 1) + 0.5) * 255
    shown = ((chest12 * 0.25 + 10 - 499.5) / 399 + 0.5) * 255
    assert np.abs(read(data).pixels - np.clip(shown, 0, 255)).max() <= 0.5 + 1e-9


def test_a_negative_slope_turns_the_picture_round(make_dicom: MakeDicom) -> None:
    upright = read(make_dicom(**WINDOW)).pixels
    turned = make_dicom(
        WindowCenter="-1799",
        WindowWidth="2000",
        RescaleSlope="-1",
        RescaleIntercept="0",
        PresentationLUTShape="INVERSE",
    )
    assert np.array_equal(read(turned).pixels, upright)


@pytest.mark.parametrize("width", ["0", "-5", ""])
def test_a_window_that_cannot_be_is_no_window(make_dicom: MakeDicom, width: str) -> None:
    without = read(make_dicom())
    radiograph = read(make_dicom(WindowCenter="1800", WindowWidth=width))
    assert np.array_equal(radiograph.pixels, without.pixels)


def test_a_window_one_wide_is_a_step(make_dicom: MakeDicom, chest12: NDArray[np.uint16]) -> None:
    pixels = read(make_dicom(WindowCenter="1800", WindowWidth="1")).pixels
    assert np.array_equal(pixels, np.where(chest12 > 1799, 255, 0))


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_without_window_the_values_in_use_fill_the_range(
    make_dicom: MakeDicom, chest12: NDArray[np.uint16], photometric: str
) -> None:
    quarter = chest12 // 4 + 300
    radiograph = read(make_dicom(quarter, BitsStored=16, PhotometricInterpretation=photometric))
    assert (radiograph.pixels.min(), radiograph.pixels.max()) == (0, 255)
    assert radiograph.source.window == f"values {quarter.min()} to {quarter.max()} (the file names none)"
    rising = np.corrcoef(radiograph.pixels.ravel(), quarter.ravel())[0, 1]
    assert rising > 0.99 if photometric == "MONOCHROME2" else rising < -0.99
    assert radiograph.source.polarity == photometric


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_is_black_and_does_not_count(
    make_dicom: MakeDicom, chest12: NDArray[np.uint16], photometric: str
) -> None:
    inside = make_dicom(chest12[10:-10], PhotometricInterpretation=photometric)
    padded = np.full_like(chest12, 60000)
    padded[10:-10] = chest12[10:-10]
    radiograph = read(make_dicom(padded, BitsStored=16, PixelPaddingValue=60000, PhotometricInterpretation=photometric))
    assert np.array_equal(radiograph.pixels[10:-10], read(inside).pixels)
    assert not radiograph.pixels[:10].any() and not radiograph.pixels[-10:].any()


def test_padding_may_be_a_range_and_negative(make_dicom: MakeDicom, chest12: NDArray[np.uint16]) -> None:
    signed = chest12.astype(np.int16)
    signed[:10] = -2000
    signed[-10:] = -1990
    from pydicom.dataelem import DataElement

    padding = {
        "PixelPaddingValue": DataElement(0x00280120, "SS", -2000),
        "PixelPaddingRangeLimit": DataElement(0x00280121, "SS", -1985),
    }
    radiograph = read(make_dicom(signed, BitsStored=16, **{name: element.value for name, element in padding.items()}))
    assert not radiograph.pixels[:10].any() and not radiograph.pixels[-10:].any()
    assert radiograph.pixels[10:-10].max() == 255


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_every_depth_gives_the_same_picture(make_dicom: MakeDicom, chest: NDArray[np.uint8], bits: int) -> None:
    deep = chest.astype(np.uint16) << (bits - 8)
    radiograph = read(make_dicom(deep, BitsStored=bits))
    spread = np.rint((chest.astype(float) - chest.min()) * (255 / (int(chest.max()) - int(chest.min()))))
    assert np.array_equal(radiograph.pixels, spread.astype(np.uint8))
    assert radiograph.source.bits_stored == bits


@pytest.mark.parametrize("bits", [12, 16])
def test_signed_values_give_the_same_picture(make_dicom: MakeDicom, chest12: NDArray[np.uint16], bits: int) -> None:
    signed = chest12.astype(np.int16) - 2048
    data = make_dicom(signed, BitsStored=bits, WindowCenter="-248", WindowWidth="2000")
    assert np.array_equal(read(data).pixels, read(make_dicom(**WINDOW)).pixels)


def test_overlays_in_unused_bits_do_not_show(make_dicom: MakeDicom, chest12: NDArray[np.uint16]) -> None:
    drawn = chest12.copy()
    drawn[20:40] |= 0x8000
    assert np.array_equal(read(make_dicom(drawn)).pixels, read(make_dicom()).pixels)


def test_bits_may_lie_high_in_their_box(make_dicom: MakeDicom, chest12: NDArray[np.uint16]) -> None:
    assert np.array_equal(read(make_dicom(chest12 << 4, HighBit=15)).pixels, read(make_dicom()).pixels)


def test_eight_bits_allocated_are_read(make_dicom: MakeDicom, chest: NDArray[np.uint8]) -> None:
    radiograph = read(make_dicom(chest, WindowCenter="128", WindowWidth="256"))
    assert np.array_equal(radiograph.pixels, chest)
