"""DICOM to radiograph: take apart, gate on the header, decode the stored values, make them grey.

The steps are modules of their own: `dicom_elements` (limits, before anything is decoded), `dicom_header` (what the
header says, and whether it is answered), `dicom_codestream` and `dicom_pixels` (stored values), `dicom_grey`. What is
read, in which order and what is refused is told in docs/reading.md.
"""

from xray.errors import RejectedImage
from xray.formats.dicom_elements import looks_like_data_set, take_apart
from xray.formats.dicom_grey import to_grey
from xray.formats.dicom_header import CHEST_GATE, Gate, check_kind, read_header, read_raster
from xray.formats.dicom_pixels import read_stored
from xray.radiograph import Radiograph, Source
from xray.reasons import Reason


def is_dicom(head: bytes) -> bool:
    """Tell whether these bytes begin a DICOM file, or a data set that was written without the file's preamble."""
    return head[128:132] == b"DICM" or looks_like_data_set(head)


def decode(data: bytes, at_least: int | None, gate: Gate = CHEST_GATE) -> Radiograph:
    """Read one radiograph from a DICOM file.

    Args:
        data: The whole file.
        at_least: Ignored: DICOM pictures are decoded at full size.
        gate: Which modalities, SOP classes, body parts and views are answered.

    Raises:
        RejectedImage: The file is damaged, or not a radiograph that is answered; its reason says why.
        SetupError: pydicom, or the decoder that this file needs, is not installed.
    """
    try:
        return _read(data, gate)
    except MemoryError as error:
        raise RejectedImage(Reason.TOO_LARGE, "its pixels do not fit into the memory allowed") from error


def _read(data: bytes, gate: Gate) -> Radiograph:
    skeleton = take_apart(data)
    if skeleton.pixels is None:
        raise RejectedImage(Reason.NO_PIXELS)
    header = read_header(skeleton)
    # Who sent a picture of the wrong kind learns that first: mending a cut-off file of it would help nobody.
    view = check_kind(header, gate)
    raster = read_raster(header)
    grey = to_grey(read_stored(skeleton, skeleton.pixels, raster), header, raster)
    return Radiograph(
        grey.pixels,
        Source(
            format="DICOM",
            width=raster.columns,
            height=raster.rows,
            bits_stored=raster.bits_stored,
            polarity="MONOCHROME1" if grey.inverted else "MONOCHROME2",
            window=grey.window,
            view=view,
        ),
    )
