"""Which DICOM files are answered: what the header says of the picture."""

import logging
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from xray.errors import RejectedImage
from xray.formats import decode, sniff
from xray.formats.dicom import decode as decode_dicom
from xray.formats.dicom import is_dicom
from xray.formats.dicom_header import Gate
from xray.reasons import Reason

MakeDicom = Callable[..., bytes]

CR = "1.2.840.10008.5.1.4.1.1.1"
FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def code(value: str) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", "named"
    return [item]


ANSWERED: dict[str, tuple[dict[str, object], str]] = {
    "DX, PA": ({}, "PA"),
    "DX, AP": ({"ViewPosition": "AP"}, "AP"),
    "CR": ({"SOPClassUID": CR, "Modality": "CR", "PresentationIntentType": None}, "PA"),
    "no modality but the SOP class of one": ({"Modality": None}, "PA"),
    "no body part": ({"BodyPartExamined": None}, "PA"),
    "empty body part": ({"BodyPartExamined": ""}, "PA"),
    "thorax, in lower case and spaces": ({"BodyPartExamined": "thorax "}, "PA"),
    "no view": ({"ViewPosition": None}, ""),
    "view by code, PA": ({"ViewPosition": None, "ViewCodeSequence": code("272479007")}, "PA"),
    "view by code, AP": ({"ViewPosition": "", "ViewCodeSequence": code("R-10206")}, "AP"),
    "view by a code nobody knows": ({"ViewPosition": None, "ViewCodeSequence": code("12345")}, ""),
    "chest by code": ({"BodyPartExamined": None, "AnatomicRegionSequence": code("51185008")}, "PA"),
    "frontal by orientation": ({"ViewPosition": None, "PatientOrientation": ["L", "F"]}, ""),
    "not burnt in": ({"BurnedInAnnotation": "NO"}, "PA"),
    "one frame, said so": ({"NumberOfFrames": "1"}, "PA"),
}

REFUSED: dict[str, tuple[dict[str, object], Reason]] = {
    "lateral": ({"ViewPosition": "LL"}, Reason.WRONG_VIEW),
    "lateral, in words": ({"ViewPosition": "LATERAL"}, Reason.WRONG_VIEW),
    "decubitus": ({"ViewPosition": "LLD"}, Reason.WRONG_VIEW),
    "lateral by code": ({"ViewPosition": None, "ViewCodeSequence": code("399067008")}, Reason.WRONG_VIEW),
    "oblique by code": ({"ViewPosition": None, "ViewCodeSequence": code("399135007")}, Reason.WRONG_VIEW),
    "lateral by orientation": ({"ViewPosition": None, "PatientOrientation": ["A", "F"]}, Reason.WRONG_VIEW),
    "a hand": ({"BodyPartExamined": "HAND"}, Reason.WRONG_BODY_PART),
    "abdomen by code": (
        {"BodyPartExamined": None, "AnatomicRegionSequence": code("113345001")},
        Reason.WRONG_BODY_PART,
    ),
    "MR": ({"Modality": "MR"}, Reason.WRONG_MODALITY),
    "mammography": ({"Modality": "MG"}, Reason.WRONG_MODALITY),
    "neither modality nor SOP class": ({"Modality": None, "SOPClassUID": None}, Reason.WRONG_MODALITY),
    "for processing, by SOP class": (
        {"SOPClassUID": FOR_PROCESSING, "PresentationIntentType": None},
        Reason.FOR_PROCESSING,
    ),
    "for processing, by intent": ({"PresentationIntentType": "FOR PROCESSING"}, Reason.FOR_PROCESSING),
    "a screenshot": ({"SOPClassUID": SECONDARY_CAPTURE}, Reason.NOT_ORIGINAL),
    "burnt in": ({"BurnedInAnnotation": "YES"}, Reason.BURNT_IN),
    "several frames": ({"NumberOfFrames": "2"}, Reason.SEVERAL_FRAMES),
    "palette": ({"PhotometricInterpretation": "PALETTE COLOR"}, Reason.UNSUPPORTED_PIXELS),
    "RGB": ({"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}, Reason.UNSUPPORTED_PIXELS),
    "YBR": ({"PhotometricInterpretation": "YBR_FULL_422", "SamplesPerPixel": 3}, Reason.UNSUPPORTED_PIXELS),
    "no polarity": ({"PhotometricInterpretation": None}, Reason.UNSUPPORTED_PIXELS),
    "32 bits": ({"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31}, Reason.UNSUPPORTED_PIXELS),
    "1 bit": ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}, Reason.UNSUPPORTED_PIXELS),
    "more stored than allocated": ({"BitsStored": 20, "HighBit": 19}, Reason.UNSUPPORTED_PIXELS),
    "no rows": ({"Rows": None}, Reason.DAMAGED),
    "0 rows": ({"Rows": 0}, Reason.DAMAGED),
    "too large": ({"Rows": 65535, "Columns": 65535}, Reason.TOO_LARGE),
    "fewer pixels than rows": ({"Rows": 4000}, Reason.INCOMPLETE),
    "a broken LUT": ({"VOILUTSequence": code("x")}, Reason.DAMAGED),
}


@pytest.mark.parametrize(("elements", "view"), ANSWERED.values(), ids=ANSWERED)
def test_chest_radiographs_are_answered(make_dicom: MakeDicom, elements: dict[str, object], view: str) -> None:
    radiograph = decode(make_dicom(**elements))
    assert radiograph.source.view == view
    assert (radiograph.source.format, radiograph.source.width, radiograph.source.height) == ("DICOM", 128, 160)


@pytest.mark.parametrize(("elements", "reason"), REFUSED.values(), ids=REFUSED)
def test_others_are_refused_by_name(make_dicom: MakeDicom, elements: dict[str, object], reason: Reason) -> None:
    with pytest.raises(RejectedImage) as refused:
        decode(make_dicom(**elements))
    assert refused.value.reason is reason


@pytest.mark.parametrize("keyword", ["FloatPixelData", "DoubleFloatPixelData"])
def test_floating_point_pixels_are_refused(make_dicom: MakeDicom, keyword: str) -> None:
    tag, vr = {"FloatPixelData": (b"\x08\x00", b"OF"), "DoubleFloatPixelData": (b"\x09\x00", b"OD")}[keyword]
    data = make_dicom().replace(b"\xe0\x7f\x10\x00OW", b"\xe0\x7f" + tag + vr)
    with pytest.raises(RejectedImage) as refused:
        decode(data)
    assert refused.value.reason is Reason.UNSUPPORTED_PIXELS


def test_a_header_without_pixels_is_refused(make_dicom: MakeDicom) -> None:
    data = make_dicom()
    with pytest.raises(RejectedImage) as refused:
        decode(data[: data.index(b"\xe0\x7f\x10\x00OW")])
    assert refused.value.reason is Reason.NO_PIXELS


def test_another_gate_answers_other_pictures(make_dicom: MakeDicom) -> None:
    hands = Gate(modalities=frozenset({"RF"}), body_parts=frozenset({"HAND"}), views=frozenset({"LL"}))
    data = make_dicom(Modality="RF", BodyPartExamined="HAND", ViewPosition="LL")
    assert decode_dicom(data, None, hands).source.view == "LL"
    with pytest.raises(RejectedImage, match="wrong_modality"):
        decode_dicom(make_dicom(), None, hands)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_a_data_set_without_preamble_is_dicom(make_dicom: MakeDicom, chest12: NDArray[np.uint16], syntax: str) -> None:
    bare = make_dicom(syntax=syntax, preamble=False)
    assert is_dicom(bare[:200])
    assert np.array_equal(decode(bare).pixels, decode(make_dicom(syntax=syntax)).pixels)


def test_meta_information_may_come_without_preamble(make_dicom: MakeDicom) -> None:
    whole = make_dicom()
    assert np.array_equal(decode(whole[132:]).pixels, decode(whole).pixels)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x08\x00",
        b"\x08\x00\x05\x00",
        b"\x08\x00 this is a text file that begins with a backspace and goes on for long enough to be looked at",
        bytes(300),
        b"\x20\x08\x00\x05\x00CS\x0a\x00ISO_IR 100\x08\x00\x08\x00CS\x16\x00ORIGINAL\\PRIMARY\\AXIAL",
        b"PK\x03\x04" + bytes(300),
        b"%PDF-1.7\n" * 30,
    ],
)
def test_what_is_no_data_set_is_not_taken_for_one(data: bytes) -> None:
    assert not is_dicom(data)


@pytest.mark.parametrize("mask", [b"II*\x00", b"MM\x00*", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_a_dicom_file_with_another_formats_head_in_its_preamble_is_dicom(make_dicom: MakeDicom, mask: bytes) -> None:
    data = make_dicom(ViewPosition="LL")
    known = sniff(mask + data[len(mask) :])
    assert known is not None and known.name == "DICOM"


def test_a_large_picture_is_refused_without_allocating(make_dicom: MakeDicom) -> None:
    import tracemalloc

    data = make_dicom(Rows=60000, Columns=60000)
    tracemalloc.start()
    with pytest.raises(RejectedImage, match="too_large"):
        decode(data)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_nothing_out_of_the_header_is_told(make_dicom: MakeDicom, caplog: pytest.LogCaptureFixture) -> None:
    """A canary in elements whose values are wrong, which parsers like to quote."""
    canary = "CANARY"
    broken: list[dict[str, object]] = [
        {"Modality": canary},
        {"BodyPartExamined": canary},
        {"ViewPosition": canary},
        {"PresentationIntentType": "FOR " + canary},
        {"PhotometricInterpretation": canary},
        {"SOPClassUID": "1.2." + canary},
    ]
    files = [make_dicom(**elements) for elements in broken]
    # Numbers that are none: pydicom does not write them, so they are put in afterwards.
    windowed = make_dicom(WindowCenter="123456", WindowWidth="123456", NumberOfFrames="123456", RescaleSlope="123456")
    files += [windowed.replace(b"123456", canary.encode()), make_dicom(PatientID=canary)[:-500]]
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        told = [refusal(data) for data in files]
    told += [caplog.text, *(str(one.message) for one in warned)]
    assert "canary" not in " ".join(told).lower()


def refusal(data: bytes) -> str:
    try:
        decode(data)
    except RejectedImage as error:
        return f"{error} {error.detail}"
    return ""
