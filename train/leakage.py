"""What one side of a split knows of another: patients, copies and near-duplicates on both sides."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from train.dataset import SPLITS, Dataset, Example
from train.duplicates import LIKE, Pair

Tie = Literal["patient", "exact duplicate", "near-duplicate"]
TIES: tuple[Tie, ...] = ("patient", "exact duplicate", "near-duplicate")


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
    """So many images of `side` share a patient with `known_from`, or show the same radiograph."""
    of: int
    """Images of `side` altogether."""

    def __str__(self) -> str:
        shown = "share a patient with" if self.tie == "patient" else f"have a {self.tie} in"
        return f"{self.images} of {self.of} {self.side} images {shown} {self.known_from}"


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


def spoilt(data: Dataset, found: Sequence[Group]) -> dict[tuple[Tie, str, str], set[int]]:
    """Find the images that another side knows: by tie, side that knows and side that is spoilt, their places."""
    places: dict[tuple[Tie, str, str], set[int]] = defaultdict(set)
    for group in found:
        for later, side in enumerate(SPLITS):
            on_side = {at for at in group.places if data.examples[at].split == side}
            for known_from in SPLITS[:later]:
                if on_side and any(data.examples[at].split == known_from for at in group.places):
                    places[group.tie, known_from, side] |= on_side
    return places


def _crossings(data: Dataset, found: Sequence[Group]) -> tuple[Crossing, ...]:
    known = spoilt(data, found)
    order = sorted(known, key=lambda key: (TIES.index(key[0]), SPLITS.index(key[2]), SPLITS.index(key[1])))
    return tuple(Crossing(*key, images=len(known[key]), of=len(data.of(key[2]))) for key in order)
