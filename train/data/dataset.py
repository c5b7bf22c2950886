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

_SHOWN = 10


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


def read(location: Path, *, keep_unreadable: bool = False) -> Dataset:
    """Read a data set: a CSV manifest, a folder that holds `manifest.csv`, or a folder of classes.

    A manifest has at least the columns `file` (relative to it) and `label` (`label_name` goes before it, where there is
    one); `patient`, `split` or `fold`, and `exact_dup_group` are understood; all other columns are kept as they are.

    Args:
        location: The manifest or the folder.
        keep_unreadable: Keep files that are not there or cannot be opened, with an empty digest, in place of refusing
            the data set: for `look`, which tells about all that is wrong.

    Raises:
        SetupError: What is there is not a data set; the message says what was expected.
    """
    try:
        if location.is_dir() and (location / "manifest.csv").is_file():
            return _read_manifest(location / "manifest.csv", keep_unreadable)
        if location.is_file():
            return _read_manifest(location, keep_unreadable)
        if location.is_dir():
            return _read_folder(location, keep_unreadable)
    except PermissionError as error:
        raise SetupError(f"{error.filename}: no permission to read it; let yourself read the data") from error
    raise SetupError(f"{location} does not exist; expected a folder of classes or a CSV manifest")


def _read_manifest(path: Path, keep_unreadable: bool) -> Dataset:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            table = csv.DictReader(lines)
            rows, columns = list(table), tuple(table.fieldnames or ())
    except (UnicodeDecodeError, csv.Error) as error:
        raise SetupError(f"{path}: expected a CSV file in UTF-8; save it so") from error
    missing = [column for column in _MANIFEST_COLUMNS if column not in columns]
    if missing:
        hint = "; its columns must be parted by commas" if any(mark in "".join(columns) for mark in ";\t") else ""
        raise SetupError(f"{path}: expected the columns {', '.join(_MANIFEST_COLUMNS)}; missing {missing}{hint}")
    if not rows:
        raise SetupError(f"{path}: expected a row for each image; it has none")
    twice = sorted(name for name, count in Counter(columns).items() if count > 1)
    if twice:
        raise SetupError(f"{path}: these columns stand there twice: {', '.join(twice)}; keep one of each")
    examples, faults = [], []
    for number, row in enumerate(rows, start=2):
        try:
            examples.append(_from_row(path, row, keep_unreadable))
        except _Fault as fault:
            faults.append(f"line {number}: {fault}")
    _refuse(path, faults)
    repeated = [str(file) for file, count in Counter(example.path for example in examples).items() if count > 1]
    if repeated:
        raise SetupError(f"{path}: these files stand in more than one row: {', '.join(repeated[:_SHOWN])}")
    return _checked(Dataset(_name(path), tuple(examples)), path)


class _Fault(Exception):
    """What is wrong with one row."""


def _refuse(location: Path, faults: list[str]) -> None:
    if faults:
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise SetupError(f"{location}, {'; '.join(faults[:_SHOWN])}{more}")


def _name(manifest: Path) -> str:
    """Call a data set as its folder is called, or as its manifest where that has a name of its own."""
    return manifest.parent.name if manifest.stem == "manifest" else manifest.stem


def _from_row(manifest: Path, row: dict[str, str], keep_unreadable: bool) -> Example:
    if None in row or None in row.values():
        raise _Fault("it has another number of columns than the first line")
    row = {name: value.strip() for name, value in row.items()}
    file, label, split = manifest.parent / row["file"], row.get("label_name") or row["label"], _split(row)
    if not row["file"] or not (keep_unreadable or file.is_file()):
        raise _Fault(f"the file {row['file']!r} is not there (files are looked for beside the manifest)")
    if not label:
        raise _Fault("the label is empty")
    if split and split.lower() not in _SPLIT_NAMES:
        raise _Fault(f"split {split!r}; expected one of {', '.join(SPLITS)} or nothing")
    return Example(
        path=file,
        label=label,
        patient=row.get("patient") or None,
        split=_SPLIT_NAMES.get(split.lower()),
        group=row.get("exact_dup_group") or None,
        sha256=_sha256(file, keep_unreadable),
        columns={name: value for name, value in row.items() if name not in _KNOWN_COLUMNS},
    )


def _split(row: dict[str, str]) -> str:
    return row.get("split") or row.get("fold") or ""


def _read_folder(root: Path, keep_unreadable: bool) -> Dataset:
    folders = _folders(root)
    sides = [folder for folder in folders if folder.name.lower() in _SPLIT_NAMES]
    if sides and len(sides) < len(folders):
        others = ", ".join(folder.name for folder in folders if folder not in sides)
        raise SetupError(f"{root}: expected folders of splits only, or of classes only; beside splits it has {others}")
    examples: list[Example] = []
    for folder in sides:
        examples += _read_classes(folder, _SPLIT_NAMES[folder.name.lower()], keep_unreadable)
    if not sides:
        examples = _read_classes(root, None, keep_unreadable)
    return _checked(Dataset(root.name, tuple(examples)), root)


def _folders(root: Path) -> list[Path]:
    """List the folders in one, without those that systems leave behind (`.cache`, `__MACOSX`)."""
    return sorted(child for child in root.iterdir() if child.is_dir() and not child.name.startswith((".", "__")))


def _read_classes(root: Path, split: str | None, keep_unreadable: bool) -> list[Example]:
    examples = []
    for folder in _folders(root):
        files = sorted(
            file
            for file in folder.rglob("*")
            if file.suffix.lower() in _IMAGE_SUFFIXES
            and not file.name.startswith(".")
            and (file.is_file() or file.is_symlink())  # a broken link is a file that is missed; a pipe is none
        )
        if not files:
            raise SetupError(f"the class folder {folder} holds no image ({', '.join(_IMAGE_SUFFIXES)})")
        for file in files:
            examples.append(Example(file, folder.name, split=split, sha256=_sha256(file, keep_unreadable)))
    return examples


def _checked(dataset: Dataset, location: Path) -> Dataset:
    if len(dataset.labels) < 2:
        raise SetupError(
            f"{location}: expected at least two classes, found {list(dataset.labels)}; "
            "a data set is a folder class/… or split/class/…, or a CSV manifest"
        )
    spelt = Counter(label.casefold() for label in dataset.labels)
    doubled = [label for label in dataset.labels if spelt[label.casefold()] > 1]
    if doubled:
        raise SetupError(
            f"{location}: these labels differ in upper and lower case only: {', '.join(doubled)}; mend them"
        )
    return dataset


def _sha256(path: Path, keep_unreadable: bool) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        if keep_unreadable:
            return ""
        raise
