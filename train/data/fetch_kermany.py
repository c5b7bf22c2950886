"""The paediatric pneumonia set of Kermany et al. (Cell 2018) on Kaggle: fetched, checked, and given a manifest."""

import csv
import hashlib
import io
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from train.data.dataset import SPLITS
from train.data.fetch import download
from xray.errors import SetupError

HANDLE = "paultimothymooney/chest-xray-pneumonia"
PAGE = f"https://www.kaggle.com/datasets/{HANDLE}"
_DOWNLOAD = ".download"
_ROOTS = ("", "chest_xray", "chest_xray/chest_xray")  # the archive holds everything twice, once inside the other
_NORMAL = re.compile(r"((?:NORMAL\d*-)?IM-\d+)-")
_PNEUMONIA = re.compile(r"(person\d+)_(bacteria|virus)_")


@dataclass(frozen=True)
class Contents:
    """What the data set is known to hold."""

    counts: Mapping[tuple[str, str], int]
    """Images by split and label, as its page tells."""
    names: Mapping[str, str]
    """For each label, sha256 over the sorted names of its training images, one a line."""


KNOWN = Contents(
    {
        ("train", "NORMAL"): 1341,
        ("train", "PNEUMONIA"): 3875,
        ("val", "NORMAL"): 8,
        ("val", "PNEUMONIA"): 8,
        ("test", "NORMAL"): 234,
        ("test", "PNEUMONIA"): 390,
    },
    {
        "NORMAL": "7cd1c1ae443d626750321a2606e871867d02bd0dde30c4baac3f9be49e6b93b4",
        "PNEUMONIA": "f558a1af69a729a0524da63a23f4b7cfed3c875cf7068891654ad8405c000e39",
    },
)


def fetch(into: Path, *, known: Contents = KNOWN) -> str:
    """Fetch the data set, or take what lies there unpacked, check it, and write its manifest.

    Returns:
        What was done, in words.

    Raises:
        SetupError: No network, no permission, no room, or other files than expected; the message says what to do.
    """
    by_hand = (
        f"by hand: download the zip file from {PAGE} in a browser, unpack it so that {into / 'chest_xray' / 'train'} "
        "is there, and give the same command again"
    )
    try:
        into.mkdir(parents=True, exist_ok=True)
        root = _unpacked(into)
        if root is None:
            came = _unpacked(download(HANDLE, into / _DOWNLOAD, otherwise=by_hand))
            if came is None:
                raise SetupError(f"the archive holds no folders {', '.join(SPLITS)}; {by_hand}")
            root = came.rename(into / "chest_xray")
            shutil.rmtree(into / _DOWNLOAD)
        images = _listed(root)
        _check(images, known, root, by_hand)
        manifest = into / "manifest.csv"
        manifest.write_text(_manifest(images, into), encoding="utf-8")
    except OSError as error:
        raise SetupError(f"{into} cannot be written: {error.strerror}; make room or choose another --into") from error
    return (
        f"{manifest}: {len(images)} images; counts and the names of the training images are as known. "
        f"Next: lungwatch-train look {into}"
    )


def _unpacked(folder: Path) -> Path | None:
    roots = (folder / name for name in _ROOTS)
    return next((root for root in roots if all((root / side).is_dir() for side in SPLITS)), None)


def _listed(root: Path) -> tuple[Path, ...]:
    found = (path for side in SPLITS for path in (root / side).glob("*/*.jpeg") if not path.name.startswith("."))
    return tuple(sorted(found))


def _check(images: Sequence[Path], known: Contents, root: Path, by_hand: str) -> None:
    counts = Counter((image.parent.parent.name, image.parent.name) for image in images)
    wrong = [
        f"{side}/{label} {counts[side, label]} in place of {expected}"
        for (side, label), expected in known.counts.items()
        if counts[side, label] != expected
    ]
    other = [f"{side}/{label}" for side, label in sorted(counts) if (side, label) not in known.counts]
    for label, digest in known.names.items():
        names = sorted(image.name for image in images if image.parent == root / "train" / label)
        if not wrong and hashlib.sha256("\n".join(names).encode()).hexdigest() != digest:
            wrong.append(f"train/{label} holds other names")
    if wrong or other:
        raise SetupError(
            f"{root} is not the data set that is known ({'; '.join([*wrong, *other])}), and no manifest was written; "
            f"remove it and give the command again, or {by_hand}"
        )


def _manifest(images: Sequence[Path], into: Path) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["file", "label", "subtype", "patient", "split", "official_split"])
    for image in images:
        subtype, patient = whose(image.name)
        side = image.parent.parent.name
        # The official validation part is 16 images: one image is 6 points of accuracy. It is trained on instead, and a
        # tenth of the patients is drawn for validation.
        own = "test" if side == "test" else ""
        table.writerow([image.relative_to(into).as_posix(), image.parent.name, subtype, patient, own, side])
    return text.getvalue()


def whose(name: str) -> tuple[str, str]:
    """Read subtype and patient from a file's name.

    Bacterial and viral patients are numbered apart: `person80_bacteria` and `person80_virus` are two children. A name of
    another kind is its own patient.
    """
    if found := _PNEUMONIA.match(name):
        return found[2], f"{found[2]}-{found[1]}"
    if found := _NORMAL.match(name):
        return "normal", f"normal-{found[1]}"
    return "", name
