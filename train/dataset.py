"""Labelled radiographs on disk: a folder of classes, a folder of splits of classes, or a manifest."""

import csv
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from xray.errors import SetupError

SPLITS = ("train", "val", "test")
_SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}
_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".dcm", ".dicom")
_MANIFEST_COLUMNS = ("file", "label")
_KNOWN_COLUMNS = (*_MANIFEST_COLUMNS, "label_name", "patient", "split", "fold", "exact_dup_group")


@dataclass(frozen=True)
class Example:
    """One labelled radiograph."""

    path: Path
    label: str
    patient: str | None = None
    """Images of one patient stay on one side of every split; None where nobody says whose it is."""
    split: str | None = None
    """`train`, `val`, `test`, or None where the data set leaves it to us."""
    group: str | None = None
    """Exact duplicates carry the same group, and stay on one side as well."""
    sha256: str = ""
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What else the manifest says of this image, by column: what subgroup tables are made of. Empty for folders."""


@dataclass(frozen=True)
class Dataset:
    """A named set of examples, and where it came from."""

    name: str
    examples: tuple[Example, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in alphabetical order: the order of the scores."""
        return tuple(sorted({example.label for example in self.examples}))

    def of(self, split: str) -> tuple[Example, ...]:
        return tuple(example for example in self.examples if example.split == split)

    def counts(self) -> dict[str, dict[str, int]]:
        """Images by split and label."""
        found = Counter((example.split or "unsplit", example.label) for example in self.examples)
        splits = dict.fromkeys(split for split, _ in sorted(found))
        return {split: {label: found[split, label] for label in self.labels} for split in splits}

    def digest(self) -> str:
        """sha256 over the sorted digests of the images with their labels and splits."""
        lines = sorted(f"{example.sha256} {example.label} {example.split}" for example in self.examples)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read(location: Path) -> Dataset:
    """Read a data set: a CSV manifest, a folder that holds `manifest.csv`, or a folder of classes.

    A manifest has at least the columns `file` (relative to it) and `label` (`label_name` goes before it, where there is
    one); `patient`, `split` or `fold`, and `exact_dup_group` are understood; all other columns are kept as they are.

    Raises:
        SetupError: What is there is not a data set; the message says what was expected.
    """
    if location.is_dir() and (location / "manifest.csv").is_file():
        return _read_manifest(location / "manifest.csv")
    if location.is_file():
        return _read_manifest(location)
    if location.is_dir():
        return _read_folder(location)
    raise SetupError(f"{location} does not exist; expected a folder of classes or a CSV manifest")


def _read_manifest(path: Path) -> Dataset:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines))
    except UnicodeDecodeError as error:
        raise SetupError(f"{path}: expected a CSV file in UTF-8; save it so") from error
    missing = [column for column in _MANIFEST_COLUMNS if not rows or column not in rows[0]]
    if missing:
        raise SetupError(f"{path}: expected rows with the columns {', '.join(_MANIFEST_COLUMNS)}; missing {missing}")
    examples = tuple(_from_row(path, number, row) for number, row in enumerate(rows, start=2))
    twice = [str(file) for file, count in Counter(example.path for example in examples).items() if count > 1]
    if twice:
        raise SetupError(f"{path}: these files stand in more than one row: {', '.join(twice[:5])}")
    return _checked(Dataset(path.parent.name, examples), path)


def _from_row(manifest: Path, number: int, row: dict[str, str]) -> Example:
    def wrong(what: str) -> SetupError:
        return SetupError(f"{manifest}, line {number}: {what}")

    if None in row or None in row.values():
        raise wrong("it has another number of columns than the first line")
    row = {name: value.strip() for name, value in row.items()}
    file, label, split = manifest.parent / row["file"], row.get("label_name") or row["label"], _split(row)
    if not row["file"] or not file.is_file():
        raise wrong(f"the file {row['file']!r} is not there")
    if not label:
        raise wrong("the label is empty")
    if split and split.lower() not in _SPLIT_NAMES:
        raise wrong(f"split {split!r}; expected one of {', '.join(SPLITS)} or nothing")
    return Example(
        path=file,
        label=label,
        patient=row.get("patient") or None,
        split=_SPLIT_NAMES.get(split.lower()),
        group=row.get("exact_dup_group") or None,
        sha256=_sha256(file),
        columns={name: value for name, value in row.items() if name not in _KNOWN_COLUMNS},
    )


def _split(row: dict[str, str]) -> str:
    return row.get("split") or row.get("fold") or ""


def _read_folder(root: Path) -> Dataset:
    folders = sorted(child for child in root.iterdir() if child.is_dir())
    examples: list[Example] = []
    if folders and all(folder.name.lower() in _SPLIT_NAMES for folder in folders):
        for folder in folders:
            examples += _read_classes(folder, _SPLIT_NAMES[folder.name.lower()])
    else:
        examples = _read_classes(root, None)
    return _checked(Dataset(root.name, tuple(examples)), root)


def _read_classes(root: Path, split: str | None) -> list[Example]:
    examples = []
    for folder in sorted(child for child in root.iterdir() if child.is_dir()):
        files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in _IMAGE_SUFFIXES)
        if not files:
            raise SetupError(f"the class folder {folder} holds no image ({', '.join(_IMAGE_SUFFIXES)})")
        for file in files:
            examples.append(Example(file, folder.name, split=split, sha256=_sha256(file)))
    return examples


def _checked(dataset: Dataset, location: Path) -> Dataset:
    if len(dataset.labels) < 2:
        raise SetupError(
            f"{location}: expected at least two classes, found {list(dataset.labels)}; "
            "a data set is a folder class/… or split/class/…, or a CSV manifest"
        )
    return dataset


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
