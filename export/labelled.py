"""A labelled set from outside the run, read as a worker would read it, and shifted as another hospital would send it.

Reads what `lungwatch-train` reads: a CSV manifest (`file`, `label` or `label_name`, and where known `split` or `fold`, and
`patient`), a folder that holds `manifest.csv`, a folder of classes, or a folder of splits of classes. Export may not
import train, and needs a tenth of what it knows of data sets.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from export.imageset import ImageSet
from xray.card import Card, InputSpec
from xray.errors import RejectedImage, SetupError
from xray.formats import decode
from xray.preprocess import decode_side, preprocess
from xray.shift import shifted

SPLITS = ("train", "val", "test")
_SYNONYMS = {"training": "train", "valid": "val", "validation": "val"}
_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".dcm", ".dicom")
_MARGIN = 1.4
"""How much larger than the target an image is decoded before it is shifted, so that a crop has pixels to take."""
_SHIFT_SEED = 30_001
_SHOWN = 10


@dataclass(frozen=True)
class _Row:
    path: Path
    label: str
    split: str
    """One of SPLITS, or empty."""
    patient: str


def read(location: Path, card: Card, split: str | None = None) -> ImageSet:
    """Read a labelled set, each image once as it is and once shifted.

    Args:
        location: The manifest or the folder.
        card: Its labels and its input.
        split: `train`, `val`, `test` or `all`; None takes `test`, or `val`, or all, whichever is there first.

    Raises:
        SetupError: It is no such set, its labels are not the model's, or images cannot be read; all are named.
    """
    rows = list(_rows(location))
    named = next((one for one in ("test", "val") if any(row.split == one for row in rows)), "all")
    chosen = split or named
    rows = [row for row in rows if chosen in ("all", row.split)]
    if not rows:
        raise SetupError(f"{location}: no image is of the split {chosen!r}; take another --split, or `all`")
    strange = sorted({row.label for row in rows} - set(card.labels))
    if strange:
        raise SetupError(
            f"{location}: the model knows {', '.join(card.labels)}, the set also {', '.join(strange[:_SHOWN])}"
        )
    if len({row.label for row in rows}) < 2:
        raise SetupError(
            f"{location}: expected images of at least two labels, found only {rows[0].label}; no AUROC without"
        )
    plain, moved = _pixels([row.path for row in rows], card.input)
    labels = np.array([card.labels.index(row.label) for row in rows])
    # An image whose patient nobody names is a patient of its own.
    _, patients = np.unique([row.patient or f"\0{at}" for at, row in enumerate(rows)], return_inverse=True)
    return ImageSet(
        name=location.stem if location.is_file() and location.stem != "manifest" else f"{_folder(location)}, {chosen}",
        images=np.concatenate([plain, moved]),
        labels=np.tile(labels, 2),
        shifted=np.repeat([False, True], len(rows)),
        patients=np.tile(patients, 2),
    )


def _folder(location: Path) -> str:
    return (location.parent if location.is_file() else location).resolve().name


def _rows(location: Path) -> Iterator[_Row]:
    if location.is_dir() and (location / "manifest.csv").is_file():
        location = location / "manifest.csv"
    if location.is_file():
        yield from _manifest(location)
    elif location.is_dir():
        yield from _folders(location)
    else:
        raise SetupError(f"{location} does not exist; expected a folder of classes or a CSV manifest")


def _manifest(path: Path) -> Iterator[_Row]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            table = csv.DictReader(lines)
            columns, rows = table.fieldnames or (), list(table)
    except (UnicodeDecodeError, csv.Error) as error:
        raise SetupError(f"{path}: expected a CSV file in UTF-8; save it so") from error
    if "file" not in columns or not {"label", "label_name"} & set(columns):
        raise SetupError(f"{path}: expected the columns file and label; it has {', '.join(columns) or 'none'}")
    for row in rows:
        label = row.get("label_name") or row.get("label") or ""
        split = (row.get("split") or row.get("fold") or "").strip().lower()
        yield _Row(
            path.parent / (row["file"] or ""), label.strip(), _SYNONYMS.get(split, split), row.get("patient") or ""
        )


def _folders(root: Path) -> Iterator[_Row]:
    for folder in sorted(child for child in root.iterdir() if child.is_dir() and child.name[0] not in "._"):
        split = _SYNONYMS.get(folder.name.lower(), folder.name.lower())
        for label, files in _classes(folder) if split in SPLITS else [(folder.name, _images(folder))]:
            for file in files:
                yield _Row(file, label, split if split in SPLITS else "", "")


def _classes(root: Path) -> list[tuple[str, list[Path]]]:
    return [(folder.name, _images(folder)) for folder in sorted(root.iterdir()) if folder.is_dir()]


def _images(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in _SUFFIXES and file.name[0] != ".")


def _pixels(paths: Sequence[Path], spec: InputSpec) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Decode and preprocess each image for the model, and once more larger, to be shifted."""
    larger = InputSpec(round(_MARGIN * spec.height), round(_MARGIN * spec.width), 1, spec.geometry)
    plain, moved, faults = [], [], []
    for at, path in enumerate(tqdm(paths, desc="reading", unit="image", leave=False, disable=None)):
        try:
            data = path.read_bytes()
            plain.append(preprocess(decode(data, at_least=decode_side(spec)), spec))
            large = preprocess(decode(data, at_least=decode_side(larger)), larger)
        except (RejectedImage, OSError) as error:
            faults.append(f"{path}: {error.strerror if isinstance(error, OSError) else error}")
            continue
        moved.append(shifted(large[:, :, 0], spec, np.random.default_rng((_SHIFT_SEED, at))))
    if faults:
        more = f"\n  and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        shown = "\n  ".join(faults[:_SHOWN])
        raise SetupError(f"{len(faults)} images cannot be read; mend or remove them:\n  {shown}{more}")
    return np.stack(plain), np.stack(moved)
