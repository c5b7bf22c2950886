"""DICOM to radiograph."""

from xray.errors import RejectedImage
from xray.radiograph import Radiograph
from xray.reasons import Reason


def is_dicom(head: bytes) -> bool:
    return head[128:132] == b"DICM"


def decode(data: bytes, at_least: int | None) -> Radiograph:
    raise RejectedImage(Reason.UNSUPPORTED_ENCODING, "")
