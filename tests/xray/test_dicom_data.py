"""Real DICOM files: what becomes of each, and that its grey is the reference's grey."""

import csv
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from xray.errors import RejectedImage
from xray.formats import decode
from xray.formats.dicom_elements import take_apart
from xray.formats.dicom_grey import to_grey
from xray.formats.dicom_header import read_header, read_raster
from xray.formats.dicom_pixels import read_stored

pytestmark = pytest.mark.data

with (Path(__file__).parent / "dicom_expectations.csv").open(encoding="utf-8") as table:
    EXPECTED = {row["file"]: row["outcome"] for row in csv.DictReader(table)}

MONOCHROME = (
    "966.dcm",
    "CR-MONO1-10-chest.dcm",
    "CR_CSPINE_6278.dcm",
    "CT_small.dcm",
    "JPEG2KLossless_1s_1f_u_16_16.dcm",
    "MR_small_bigendian.dcm",
    "RG1_J2KI.dcm",
    "RG2_JPLY_fixed.dcm",
    "RG3_J2KI.dcm",
    "RG3_J2KR.dcm",
    "RG3_JPLL.dcm",
    "RG3_JPLY.dcm",
    "XA1_UNC.dcm",
    "image_dfl.dcm",
    "mlut_18.dcm",
)
"""Every file of the folder that has one monochrome frame, gate or no gate."""


def test_the_table_lists_every_file_of_the_folder(data_dir: Path) -> None:
    with (data_dir / "dicom" / "index.csv").open(encoding="utf-8") as index:
        assert {row["file"] for row in csv.DictReader(index)} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_each_file_becomes_what_the_table_says(data_dir: Path, name: str) -> None:
    data = (data_dir / "dicom" / name).read_bytes()
    if EXPECTED[name] != "answered":
        with pytest.raises(RejectedImage) as refused:
            decode(data)
        assert refused.value.reason == EXPECTED[name]
        return
    radiograph = decode(data)
    assert radiograph.source.view == "PA"
    assert radiograph.source.polarity == "MONOCHROME1"
    # Air is dark, whichever way round the values were stored: the upper corners, beside the neck, are darker than
    # the middle of the lower edge.
    rows, columns = radiograph.pixels.shape
    corners = radiograph.pixels[: rows // 8, [0, columns - 1]].mean()
    assert corners < radiograph.pixels[-rows // 8 :, columns // 3 : -columns // 3].mean()


def read_ours(data: bytes) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return stored values (with their sign) and grey values, without asking the gate."""
    skeleton = take_apart(data)
    assert skeleton.pixels is not None
    header = read_header(skeleton)
    raster = read_raster(header)
    stored = read_stored(skeleton, skeleton.pixels, raster)
    values = stored.astype(np.int64)
    if raster.signed:
        values[stored >> (raster.bits_stored - 1) == 1] -= 1 << raster.bits_stored
    return values, to_grey(stored, header, raster).pixels


@pytest.mark.parametrize("name", MONOCHROME)
def test_grey_agrees_with_highdicom_exactly(data_dir: Path, name: str) -> None:
    from highdicom import Image
    from highdicom.pixels import apply_voi_window
    from pydicom import dcmread
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

    data = (data_dir / "dicom" / name).read_bytes()
    values, grey = read_ours(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(io.BytesIO(data), force=True)
        if "TransferSyntaxUID" not in getattr(dataset, "file_meta", {}):
            dataset.file_meta = FileMetaDataset()
            dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        # Every file is given to highdicom uncompressed: the two with a slip in the codestream it cannot decode.
        if name not in ("966.dcm", "RG3_JPLY.dcm"):
            assert np.array_equal(values, dataset.pixel_array)
        signed = dataset.PixelRepresentation == 1
        kind = f"<{'i' if signed else 'u'}{dataset.BitsAllocated // 8}"
        dataset.PixelData = values.astype(kind).tobytes()
        dataset["PixelData"].VR = "OW"
        dataset["PixelData"].is_undefined_length = False
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.setdefault("SOPInstanceUID", "1.2.3")
        reference = Image.from_dataset(dataset, copy=False)
        windowed = "WindowCenter" in dataset
        frame = reference.get_frame(
            1, apply_voi_transform=windowed, voi_output_range=(0.0, 255.0), apply_real_world_transform=False
        )
        if not windowed:
            frame = (frame - frame.min()) * (255 / (frame.max() - frame.min()))
        elif float(dataset.get("RescaleSlope", 1)) != 1:
            # highdicom folds the slope into the window; width - 1 of a LINEAR window does not scale with it, and two
            # of 256 pixels come out one level off. One step after the other, as PS3.3 C.11.2.1.2 has it:
            modality = reference.get_frame(1, apply_voi_transform=False, apply_presentation_lut=False)
            frame = apply_voi_window(
                modality,
                window_center=float(dataset.WindowCenter),
                window_width=float(dataset.WindowWidth),
                output_range=(0.0, 255.0),
                invert=dataset.PhotometricInterpretation == "MONOCHROME1",
            )
    assert np.array_equal(grey, np.rint(frame).astype(np.uint8))


def test_a_lossy_12_bit_jpeg_with_a_wrong_scan_header_decodes_to_its_lossless_original(data_dir: Path) -> None:
    lossy, _ = read_ours((data_dir / "dicom" / "RG3_JPLY.dcm").read_bytes())
    original, _ = read_ours((data_dir / "dicom" / "RG3_JPLL.dcm").read_bytes())
    assert np.abs(lossy - original).mean() < 4  # of 1023


@pytest.mark.parametrize("name", ["RG1_J2KI.dcm", "CR-MONO1-10-chest.dcm"])
def test_a_file_cut_off_anywhere_is_incomplete(data_dir: Path, name: str) -> None:
    data = (data_dir / "dicom" / name).read_bytes()
    for share in (0.01, 0.3, 0.9, 0.9999):
        with pytest.raises(RejectedImage) as refused:
            decode(data[: int(len(data) * share)])
        assert refused.value.reason in ("incomplete", "no_pixels")
