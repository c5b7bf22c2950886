"""The hostile corpus: `python -m tests.hostile.corpus FOLDER` writes it out; nothing of it lies in the repository."""

import sys
from pathlib import Path

from tests.hostile import dicom_files, foreign_files, jpeg_files, png_files, tiff_files
from tests.hostile.case import Case

CASES: tuple[Case, ...] = tuple(
    case for module in (dicom_files, jpeg_files, png_files, tiff_files, foreign_files) for case in module.cases()
)

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        (folder / case.name).write_bytes(case.make())
