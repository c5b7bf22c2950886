"""What fuzzing found, kept so that it is found no more."""

import pytest

from tests.hostile.dicom_files import CENTER, MODALITY, ROWS, VOI_LUT, WIDTH, Elements, element, file, item
from xray.errors import RejectedImage
from xray.formats import decode
from xray.reasons import Reason

LIES: dict[str, Elements] = {
    "a number for the modality": {MODALITY: ("US", b"\1\0")},
    "numbers for the modality": {MODALITY: ("FD", b"\1\0\0\0\0\0\0\0" * 3)},
    "a tag for the SOP class": {0x00080016: ("AT", b"\1\0\2\0")},
    "text for a sequence": {VOI_LUT: ("LO", b"table")},
    "a number for a sequence": {0x00540220: ("US", b"\1\0")},
    "a sequence for rows": {ROWS: ("SQ", item(b""))},
    "a sequence for a window": {CENTER: ("SQ", item(b"")), WIDTH: ("SQ", item(b""))},
    "words in a table": {
        VOI_LUT: ("SQ", item(element(0x00283002, "LO", b"a\\b\\c") + element(0x00283006, "LO", b"many\\words")))
    },
    "tables in a table": {
        VOI_LUT: ("SQ", item(element(0x00283002, "SQ", item(b"") * 3) + element(0x00283006, "SQ", item(b""))))
    },
}


@pytest.mark.parametrize("lie", LIES)
def test_a_value_of_another_kind_than_its_element_has_is_damage(lie: str) -> None:
    with pytest.raises(RejectedImage) as refused:
        decode(file(LIES[lie]))
    assert refused.value.reason is Reason.DAMAGED
