"""Who trains and who validates: never the same patient, never two copies of one picture on both sides."""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from train.dataset import Dataset, Example
from xray.errors import SetupError

VALIDATION_SHARE = 0.1


def split(dataset: Dataset, seed: int, share: float = VALIDATION_SHARE) -> tuple[Dataset, str]:
    """Give every example a split, keeping those that the data set gives.

    Where the data set names no validation images, a share of its training patients becomes the validation fold,
    drawn so that each label keeps its share. Patients and exact duplicates are tied together first.

    Returns:
        The data set, and how it was split in words, for the card.

    Raises:
        SetupError: A label would be missing from one side, or a patient stands on both.
    """
    tied = _tie(dataset.examples)
    given = {example.split for example in dataset.examples} - {None}
    if {"train", "val"} <= given and None not in {example.split for example in dataset.examples}:
        described = "as the data set gives it"
        done = dataset
    else:
        chosen = _choose(dataset, tied, np.random.default_rng(seed), share)
        done = replace(
            dataset,
            examples=tuple(
                example
                if example.split in ("val", "test")
                else replace(example, split="val" if at in chosen else "train")
                for at, example in enumerate(dataset.examples)
            ),
        )
        described = f"{share:.0%} of the training patients drawn for validation, seed {seed}"
    _check(done, tied)
    return done, f"{described}; no patient and no exact duplicate on both sides"


def _tie(examples: tuple[Example, ...]) -> list[int]:
    """Number the examples so that those which share a patient, a duplicate group or their bytes share a number."""
    parent = list(range(len(examples)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    first: dict[tuple[str, str], int] = {}
    for at, example in enumerate(examples):
        ties = (("patient", example.patient), ("group", example.group or ""), ("bytes", example.sha256))
        for tie in (tie for tie in ties if tie[1]):
            parent[root(at)] = root(first.setdefault(tie, at))
    return [root(at) for at in range(len(examples))]


def _choose(dataset: Dataset, tied: list[int], rng: np.random.Generator, share: float) -> set[int]:
    """Draw whole groups, label by label, until each label has its share in validation."""
    members: dict[int, list[int]] = defaultdict(list)
    for at, example in enumerate(dataset.examples):
        if example.split in (None, "train"):
            members[tied[at]].append(at)
    chosen: set[int] = set()
    for label in dataset.labels:
        groups = [ats for ats in members.values() if dataset.examples[ats[0]].label == label]
        wanted = max(1, round(share * sum(len(ats) for ats in groups)))
        taken = 0
        for number in rng.permutation(len(groups)):
            if taken >= wanted:
                break
            chosen.update(groups[number])
            taken += len(groups[number])
    return chosen


def _check(dataset: Dataset, tied: list[int]) -> None:
    for side in ("train", "val"):
        missing = set(dataset.labels) - {example.label for example in dataset.of(side)}
        if missing:
            raise SetupError(f"the {side} split has no image of {', '.join(sorted(missing))}; add images or patients")
    sides: dict[int, set[str | None]] = defaultdict(set)
    for number, example in zip(tied, dataset.examples, strict=True):
        sides[number].add(example.split)
    leaks = sum({"train", "val"} <= found for found in sides.values())
    if leaks:
        raise SetupError(
            f"{leaks} patients or exact duplicates stand both in train and in val; mend the manifest's split column"
        )
