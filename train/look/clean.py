"""Write a manifest without what is wrong: what is left can be trained on and measured honestly."""

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path

from train.data.dataset import SPLITS, Dataset
from train.look import Look
from xray.errors import SetupError

_COLUMNS = ("file", "label", "patient", "split", "exact_dup_group")


@dataclass(frozen=True)
class Cleaned:
    """Which images stay, and why the others go."""

    kept: tuple[int, ...]
    """Places in the data set."""
    left_out: dict[int, str]
    """Places of the others, each with the reason."""

    def __str__(self) -> str:
        reasons = list(self.left_out.values())
        told = ", ".join(f"{reasons.count(reason)} {reason}" for reason in dict.fromkeys(reasons))
        return f"{len(self.kept)} images kept, {len(reasons)} left out" + (f": {told}" if told else "")


def clean(seen: Look) -> Cleaned:
    """Choose what to leave out.

    Unreadable images; copies under more than one label, all of them, as nobody knows which label is right; and of what
    stands on two sides of the split the side that is learnt from, so that test sets stay what they are.
    """
    data = seen.data
    left_out = dict.fromkeys(seen.unreadable, "unreadable")
    for group in seen.contradictions:
        left_out |= {at: "under contradictory labels" for at in group.places if at not in left_out}
    for group in seen.groups:
        sides = [side for side in SPLITS if any(_on(data, at, side) for at in group.places if at not in left_out)]
        for side in sides[:-1]:
            reason = f"known from {' and '.join(sides[sides.index(side) + 1 :])}"
            left_out |= {at: reason for at in group.places if _on(data, at, side) and at not in left_out}
    kept = tuple(at for at in range(len(data.examples)) if at not in left_out)
    assert not spoilt_among(seen, kept)
    return Cleaned(kept, left_out)


def write(seen: Look, cleaned: Cleaned, path: Path) -> None:
    """Write the manifest, its files named from where it lies.

    Raises:
        SetupError: It cannot be written, or a file stands there already.
    """
    extra = dict.fromkeys(name for at in cleaned.kept for name in seen.data.examples[at].columns)
    text = io.StringIO()
    table = csv.DictWriter(text, [*_COLUMNS, *extra], lineterminator="\n")
    table.writeheader()
    for at in cleaned.kept:
        one = seen.data.examples[at]
        file = os.path.relpath(one.path.resolve(), path.parent.resolve())
        own = dict(zip(_COLUMNS, (file, one.label, one.patient, one.split, one.group), strict=True))
        table.writerow(dict(one.columns) | own)
    try:
        with path.open("x", encoding="utf-8", newline="") as file_there:
            file_there.write(text.getvalue())
    except FileExistsError as error:
        raise SetupError(f"{path} is there already; name another file, or remove it") from error
    except OSError as error:
        raise SetupError(f"{path} cannot be written ({error.strerror}); name another file with --clean") from error


def _on(data: Dataset, at: int, side: str) -> bool:
    return data.examples[at].split == side


def spoilt_among(seen: Look, kept: tuple[int, ...]) -> bool:
    """Whether a side still knows another one among these images."""
    among = set(kept)
    rest = [tuple(at for at in group.places if at in among) for group in seen.groups]
    sides = [{seen.data.examples[at].split for at in places} - {None} for places in rest]
    return any(len(found) > 1 for found in sides)
