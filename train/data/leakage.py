"""What one side of a split knows of another: patients, copies and near-duplicates on both sides."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from train.data.dataset import SPLITS, Dataset, Example
from train.data.duplicates import LIKE, Pair

Tie = Literal["patient", "exact duplicate", "near-duplicate"]
TIES: tuple[Tie, ...] = ("exact duplicate", "near-duplicate", "patient")
"""The strongest first: an image that has several ties to a side is counted under this one."""


@dataclass(frozen=True)
class Group:
    """Images that belong together, by their places in the data set."""

    tie: Tie
    places: tuple[int, ...]
    """Two or more. Of near-duplicates always two: that A is like B and B like C does not make C like A."""


@dataclass(frozen=True)
class Crossing:
    """Images of one side that are known from another side."""

    tie: Tie
    known_from: str
    """The side that is learnt from: `train`, or `val` where the images are test images."""
    side: str
    """The side that is spoilt: `val` or `test`."""
    images: int
    """So many images of `side` have this tie to `known_from` and no stronger one: kinds add up."""
    of: int
    """Images of `side` altogether."""

    def __str__(self) -> str:
        ties = {
            "exact duplicate": "an exact duplicate in",
            "near-duplicate": "a near-duplicate in",
            "patient": "a patient in common with",
        }
        return f"{self.images} of {self.of} {self.side} images have {ties[self.tie]} {self.known_from}"


@dataclass(frozen=True)
class Leakage:
    """What was looked for across the split, and what was found: for the card and the report. Names no image."""

    images: int
    """Images looked at."""
    patients_known: int
    """Of these, images whose patient the data set names: only these can be kept apart by patient."""
    exact_groups: int
    """Groups of equal files, or that the data set calls duplicates, wherever they stand."""
    near_pairs: int | None
    """Pairs that show the same radiograph and are no exact duplicates; None where nobody looked."""
    like: float
    """Likeness from which a pair is counted, see `duplicates.LIKE`."""
    crossings: tuple[Crossing, ...]

    def __str__(self) -> str:
        """Say it for the card: what leaks, or what was looked for and not found."""
        if self.crossings:
            return "; ".join(map(str, self.crossings))
        looked = {"patient": self.patients_known > 0, "near-duplicate": self.near_pairs is not None}
        return " and ".join(f"no {tie}" for tie in TIES if looked.get(tie, True)) + " on both sides"


def groups(examples: Sequence[Example], near: Sequence[Pair] = ()) -> tuple[Group, ...]:
    """List what ties images to each other. Near-duplicates that are exact ones as well are listed as these only."""
    members: dict[tuple[Tie, str, str], list[int]] = defaultdict(list)
    for at, example in enumerate(examples):
        keys: tuple[tuple[Tie, str, str | None], ...] = (
            ("patient", "", example.patient),
            ("exact duplicate", "group", example.group),
            ("exact duplicate", "bytes", example.sha256),
        )
        for tie, kind, key in keys:
            if key:
                members[tie, kind, key].append(at)
    found = {Group(tie, tuple(places)): None for (tie, _, _), places in members.items() if len(places) > 1}

    def exact(one: Example, other: Example) -> bool:
        return bool(one.sha256 and one.sha256 == other.sha256) or bool(one.group and one.group == other.group)

    pairs = [
        Group("near-duplicate", (pair.first, pair.second))
        for pair in near
        if not exact(examples[pair.first], examples[pair.second])
    ]
    return (*found, *pairs)


def measure(data: Dataset, near: Sequence[Pair] | None) -> Leakage:
    """Count which images of a split data set are known from another side.

    Args:
        data: Examples without a split are passed over.
        near: The near-duplicates among its examples; None where nobody looked for them.
    """
    found = groups(data.examples, near or ())
    kinds = [group.tie for group in found]
    return Leakage(
        images=len(data.examples),
        patients_known=sum(bool(example.patient) for example in data.examples),
        exact_groups=kinds.count("exact duplicate"),
        near_pairs=None if near is None else kinds.count("near-duplicate"),
        like=LIKE,
        crossings=_crossings(data, found),
    )


def _crossings(data: Dataset, found: Sequence[Group]) -> tuple[Crossing, ...]:
    told = []
    for later, side in enumerate(SPLITS):
        for known_from in SPLITS[:later]:
            counted: set[int] = set()
            for tie in TIES:
                spoilt = {at for group in found if group.tie == tie for at in _spoilt(data, group, known_from, side)}
                if spoilt - counted:
                    told.append(Crossing(tie, known_from, side, len(spoilt - counted), of=len(data.of(side))))
                counted |= spoilt
    return tuple(told)


def _spoilt(data: Dataset, group: Group, known_from: str, side: str) -> Sequence[int]:
    """Find the images of a group on one side, if another side knows the group."""
    known = any(data.examples[at].split == known_from for at in group.places)
    return [at for at in group.places if data.examples[at].split == side] if known else ()
