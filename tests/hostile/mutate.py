"""Files that are almost good: seeds of every format, each changed in a few places."""

import random
from io import BytesIO

from tests.hostile import dicom_files
from tests.hostile.corpus import CASES
from tests.hostile.jpeg_files import encode
from tests.worker.drawn import jpeg, png, tiff

LARGEST_SEED_BYTES = 50_000
COMPRESSED = {
    "1.2.840.10008.1.2.5": "pylibjpeg",
    "1.2.840.10008.1.2.4.80": "pyjpegls",
    "1.2.840.10008.1.2.4.81": "pyjpegls",
    "1.2.840.10008.1.2.4.90": "pylibjpeg",
    "1.2.840.10008.1.2.4.91": "pylibjpeg",
}
"""Transfer syntaxes that pydicom can write here, and the encoder to write them with."""

_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def seeds() -> list[bytes]:
    """Good files of every format and encoding, then the small ones of the hostile corpus."""
    pictures = [jpeg(1), png(1), tiff(1), encode(mode="RGB", progressive=True), encode(mode="CMYK")]
    dicom = [dicom_files.file(), *(_compressed(syntax) for syntax in COMPRESSED)]
    hostile = [data for data in (case.make() for case in CASES) if len(data) <= LARGEST_SEED_BYTES]
    return pictures + dicom + hostile


def mutate(seeds: list[bytes], chance: random.Random) -> bytes:
    """Change one of these in one to eight places. Half of the time it is one of the good files in front."""
    good = 5 + 1 + len(COMPRESSED)
    data = bytearray(chance.choice(seeds[:good] if chance.random() < 0.5 else seeds))
    for _ in range(chance.randint(1, 8)):
        # Headers are where decisions are made: every other change hits the first half kilobyte.
        at = chance.randrange(min(len(data), 512) if chance.random() < 0.5 else len(data)) if data else 0
        match chance.randrange(8):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1 if data:
                data[at] ^= 1 << chance.randrange(8)
            case 2 | 3:
                size = chance.choice((1, 2, 4))
                number = chance.choice(_NUMBERS) & ((1 << 8 * size) - 1)
                data[at : at + size] = number.to_bytes(size, chance.choice(("little", "big")))
            case 4:
                del data[at : at + chance.randint(1, 64)]
            case 5:
                data[at:at] = data[at : at + chance.randint(1, 256)]
            case 6:
                other = chance.choice(seeds)
                start = chance.randrange(len(other) + 1)
                data[at : at + 64] = other[start : start + chance.randint(1, 256)]
            case 7 if chance.random() < 0.3:
                del data[at:]
    return bytes(data)


def _compressed(syntax: str) -> bytes:
    from pydicom import dcmread, dcmwrite
    from pydicom.uid import UID

    data_set = dcmread(BytesIO(dicom_files.file()))
    data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    data_set.file_meta.MediaStorageSOPClassUID = data_set.SOPClassUID
    options = {"jls_error": 2} if syntax.endswith(".81") else {"j2k_cr": [4]} if syntax.endswith(".91") else {}
    data_set.compress(UID(syntax), encoding_plugin=COMPRESSED[syntax], generate_instance_uid=False, **options)
    buffer = BytesIO()
    dcmwrite(buffer, data_set, enforce_file_format=True)
    return buffer.getvalue()
