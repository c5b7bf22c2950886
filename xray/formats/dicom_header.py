"""What a DICOM header says about its picture, and whether such a picture is answered at all."""

import importlib
import io
import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xray.errors import RejectedImage, SetupError
from xray.formats.dicom_elements import Skeleton
from xray.reasons import Reason

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MAX_PIXELS = 50_000_000
"""The largest detectors give some 20 megapixels; decoding JPEG 2000 takes 8 bytes for each."""

# Nothing else is parsed: what is not read cannot leak into a log.
_TAGS = {
    0x00080016: "SOPClassUID",
    0x00080060: "Modality",
    0x00080068: "PresentationIntentType",
    0x00082218: "AnatomicRegionSequence",
    0x00180015: "BodyPartExamined",
    0x00185101: "ViewPosition",
    0x00200020: "PatientOrientation",
    0x00280002: "SamplesPerPixel",
    0x00280004: "PhotometricInterpretation",
    0x00280008: "NumberOfFrames",
    0x00280010: "Rows",
    0x00280011: "Columns",
    0x00280100: "BitsAllocated",
    0x00280101: "BitsStored",
    0x00280102: "HighBit",
    0x00280103: "PixelRepresentation",
    0x00280120: "PixelPaddingValue",
    0x00280121: "PixelPaddingRangeLimit",
    0x00280301: "BurnedInAnnotation",
    0x00281050: "WindowCenter",
    0x00281051: "WindowWidth",
    0x00281052: "RescaleIntercept",
    0x00281053: "RescaleSlope",
    0x00281056: "VOILUTFunction",
    0x00283000: "ModalityLUTSequence",
    0x00283010: "VOILUTSequence",
    0x00540220: "ViewCodeSequence",
    0x20500020: "PresentationLUTShape",
}

_CR = "1.2.840.10008.5.1.4.1.1.1"
_DX = "1.2.840.10008.5.1.4.1.1.1.1"
_DX_FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
_MODALITY_OF = {_CR: "CR", _DX: "DX", _DX_FOR_PROCESSING: "DX"}

_TEXT = frozenset(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT"))
_TEXT |= frozenset(("PN", "SH", "ST", "TM", "UC", "UI", "UN", "UR", "UT"))
"""Value representations whose values are text; UN holds bytes."""

# CID 4010 "DX View", as SNOMED CT codes and as the SNOMED RT codes of older files.
_VIEW_CODES = {
    **dict.fromkeys(("272479007", "R-10214", "R-40888"), "PA"),
    **dict.fromkeys(("399348003", "R-10206"), "AP"),
    **dict.fromkeys(("399067008", "R-102CD", "399173006", "R-10236", "399198007", "R-10232"), "lateral"),
    **dict.fromkeys(("399182000", "R-102C1", "399184004", "R-10238", "399236003", "R-10234"), "oblique"),
    **dict.fromkeys(("399135007", "R-10220", "399356000", "R-40985", "399006002", "R-10212"), "oblique"),
    **dict.fromkeys(("399038007", "R-10210", "399312000", "R-10208", "399059000", "R-10216"), "oblique"),
    **dict.fromkeys(("399160007", "R-10204", "260427002", "R-40783"), "oblique"),
}
_CHEST_CODES = frozenset(("51185008", "T-D3000", "39607008", "T-28000", "43799004", "T-D3200"))


@dataclass(frozen=True)
class Gate:
    """Which pictures are answered. A model for something else brings its own gate."""

    modalities: frozenset[str] = frozenset(("CR", "DX"))
    sop_classes: frozenset[str] = frozenset((_CR, _DX))
    """By UID. Secondary Capture is not among them: screenshots, scanned documents and result pictures come as such."""
    body_parts: frozenset[str] = frozenset(("CHEST", "THORAX", "LUNG", "LUNGS"))
    """An absent body part passes: many modalities leave it empty."""
    views: frozenset[str] = frozenset(("PA", "AP"))
    """An absent view passes, and the result says so."""


CHEST_GATE = Gate()


@dataclass(frozen=True)
class Raster:
    """The shape and coding of the stored pixels."""

    rows: int
    columns: int
    bits_allocated: int
    """8 or 16."""
    bits_stored: int
    shift: int
    """Unused bits below the stored ones (High Bit above Bits Stored - 1); 0 but in very old files."""
    signed: bool
    photometric: str
    """`MONOCHROME1` or `MONOCHROME2`."""


def read_header(skeleton: Skeleton) -> "Dataset":
    """Return the few elements that matter for the picture, as a pydicom data set.

    Raises:
        RejectedImage: The header makes no sense.
        SetupError: pydicom is not installed.
    """
    return read_elements(skeleton, _TAGS)


def read_elements(skeleton: Skeleton, tags: dict[int, str]) -> "Dataset":
    """Return the elements with these tags and keywords; raises as `read_header` does."""
    require("pydicom")
    # pydicom quotes values in its messages; a header's values name patients.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    from pydicom.datadict import dictionary_VR
    from pydicom.filereader import read_dataset
    from pydicom.tag import Tag

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            header = read_dataset(
                io.BytesIO(skeleton.header),
                is_implicit_VR=not skeleton.coding.explicit,
                is_little_endian=skeleton.coding.little,
                specific_tags=[Tag(tag) for tag in tags],
            )
            for name in tags.values():
                header.get(name)  # converts the value, here where what goes wrong is caught
                if name in header:
                    _check_kind_of_value(header[name].VR, dictionary_VR(name))
        except RejectedImage:
            raise
        except Exception as error:
            # pydicom raises whatever its value parsers stumble over; only the file can be at fault here.
            raise RejectedImage(Reason.DAMAGED, "its header cannot be read") from error
    return header


def _check_kind_of_value(found: str, expected: str) -> None:
    """Refuse a number where text belongs, a sequence where a number does: what follows would stumble over it.

    The value representation stands in the file, so it can be any. Within a kind, writers do mix them up.
    """
    if (found == "SQ") != (expected == "SQ") or (expected in _TEXT and found not in _TEXT):
        raise RejectedImage(Reason.DAMAGED, f"expected {expected} as the value representation, got {found}")


def require(module: str) -> Any:
    """Import an optional module.

    Raises:
        SetupError: It is not installed: not the image's fault.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SetupError(f"reading this DICOM file needs {module}: pip install 'lungwatch[dicom]'") from error


def check_kind(header: "Dataset", gate: Gate) -> str:
    """Hold the header against the gate; return the view, `PA`, `AP` or empty."""
    sop_class = _text(header, "SOPClassUID")
    modality = _text(header, "Modality") or _MODALITY_OF.get(sop_class, "")
    if modality not in gate.modalities:
        raise RejectedImage(Reason.WRONG_MODALITY, f"expected {_either(gate.modalities)}")
    if sop_class == _DX_FOR_PROCESSING or _text(header, "PresentationIntentType") == "FOR PROCESSING":
        raise RejectedImage(Reason.FOR_PROCESSING, "the presentation intent is FOR PROCESSING")
    if sop_class not in gate.sop_classes:
        raise RejectedImage(Reason.NOT_ORIGINAL, "the SOP class is not that of a radiograph")
    _check_body_part(header, gate)
    view = _view(header)
    if view and view not in gate.views:
        raise RejectedImage(Reason.WRONG_VIEW, f"expected {_either(gate.views)} or none")
    if _text(header, "BurnedInAnnotation") == "YES":
        raise RejectedImage(Reason.BURNT_IN, "Burned In Annotation is YES")
    return view


def read_raster(header: "Dataset") -> Raster:
    """Return how the pixels are stored, or refuse what no radiograph has."""
    photometric = _text(header, "PhotometricInterpretation")
    samples = _number(header, "SamplesPerPixel", 1)
    if _number(header, "NumberOfFrames", 1) > 1:
        raise RejectedImage(Reason.SEVERAL_FRAMES, f"expected one frame, got {_number(header, 'NumberOfFrames', 1)}")
    if samples != 1 or photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise RejectedImage(Reason.UNSUPPORTED_PIXELS, "expected MONOCHROME1 or MONOCHROME2 of one sample a pixel")
    rows, columns = _number(header, "Rows"), _number(header, "Columns")
    if rows * columns > MAX_PIXELS:
        raise RejectedImage(Reason.TOO_LARGE, f"expected at most {MAX_PIXELS} pixels, got {columns}×{rows}")
    allocated = _number(header, "BitsAllocated")
    stored = _number(header, "BitsStored", allocated)
    shift = _number(header, "HighBit", stored - 1) - stored + 1
    if allocated not in (8, 16) or not 2 <= stored <= allocated or not 0 <= shift <= allocated - stored:
        raise RejectedImage(
            Reason.UNSUPPORTED_PIXELS, f"expected 2 to 16 bits in 8 or 16, got {stored} in {allocated}, shift {shift}"
        )
    if rows < 1 or columns < 1:
        raise RejectedImage(Reason.DAMAGED, "expected rows and columns")
    signed = _number(header, "PixelRepresentation", 0) == 1
    return Raster(rows, columns, allocated, stored, shift, signed, photometric)


def _check_body_part(header: "Dataset", gate: Gate) -> None:
    named = _text(header, "BodyPartExamined")
    if named and named not in gate.body_parts:
        raise RejectedImage(Reason.WRONG_BODY_PART, f"expected {_either(gate.body_parts)} or none")
    code = _code(header, "AnatomicRegionSequence")
    if not named and code and "CHEST" in gate.body_parts and code not in _CHEST_CODES:
        raise RejectedImage(Reason.WRONG_BODY_PART, "the anatomic region's code is not that of the chest")


def _view(header: "Dataset") -> str:
    position = _text(header, "ViewPosition")
    if position:
        return position
    code = _VIEW_CODES.get(_code(header, "ViewCodeSequence"), "")
    if code:
        return code
    # Rows that run towards the front or the back of the patient show the patient from the side.
    rows_run = _text(header, "PatientOrientation")[:1]
    return "lateral" if rows_run in ("A", "P") else ""


def _code(header: "Dataset", name: str) -> str:
    items = header.get(name)
    return str(items[0].get("CodeValue") or "").strip() if items else ""


def _text(header: "Dataset", name: str) -> str:
    """Return a value's first component in upper case, or an empty string."""
    first: Any = header.get(name) or ""
    while not isinstance(first, (str, bytes)):
        first = first[0]
    return str(first).replace("\x00", "").strip().upper()


def _number(header: "Dataset", name: str, default: int | None = None) -> int:
    value = header.get(name)
    if value is None or value == "":
        if default is None:
            raise RejectedImage(Reason.DAMAGED, f"the header lacks {name}")
        return default
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise RejectedImage(Reason.DAMAGED, f"expected one whole number as {name}") from error


def _either(names: frozenset[str]) -> str:
    return " or ".join(sorted(names))
