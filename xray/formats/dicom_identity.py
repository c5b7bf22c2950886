"""Which study and which picture a DICOM file belongs to: for matching a result in a PACS, and for nothing else.

Kept apart from the header that decoding reads, so that none of it is near when an error or a log line is written.
"""

import re

from xray.errors import RejectedImage, SetupError
from xray.formats.dicom_elements import take_apart
from xray.formats.dicom_header import read_elements
from xray.radiograph import Identity

_TAGS = {0x00080005: "SpecificCharacterSet", 0x00080018: "SOPInstanceUID", 0x00080050: "AccessionNumber"}
_TAGS |= {0x0020000D: "StudyInstanceUID"}
_UID = re.compile(r"[0-9.]{1,64}")  # PS3.5 section 9.1
_LONGEST_ACCESSION_NUMBER = 64  # SH allows 16 characters; some systems write more


def identify(data: bytes) -> Identity | None:
    """Return what names the picture in a DICOM file; None where its header cannot be read."""
    try:
        header = read_elements(take_apart(data), _TAGS)
    except (RejectedImage, SetupError, MemoryError):  # decoding the file says so in its own way
        return None
    study, picture = (str(header.get(name) or "").strip("\0 ") for name in ("StudyInstanceUID", "SOPInstanceUID"))
    number = str(header.get("AccessionNumber") or "").strip("\0 ")
    return Identity(
        sop_instance_uid=picture if _UID.fullmatch(picture) else None,
        study_instance_uid=study if _UID.fullmatch(study) else None,
        accession_number=number if number and len(number) <= _LONGEST_ACCESSION_NUMBER else None,
    )
