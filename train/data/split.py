"""Who trains and who validates: never the same patient, never two copies of one radiograph on both sides."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from train.data.dataset import Dataset
from train.data.duplicates import Pair
from train.data.leakage import Group, groups, measure
from xray.errors import SetupError

VALIDATION_SHARE = 0.1


def split(
    dataset: Dataset,
    seed: int,
    share: float = VALIDATION_SHARE,
    *,
    near: Sequence[Pair] | None = None,
    allow_leakage: bool = False,
) -> tuple[Dataset, str]:
    """Give every example a split, keeping those that the data set gives.

    Where the data set names no validation images, a share of its training patients becomes the validation fold,
    drawn so that each label keeps its share. Patients, exact duplicates and near-duplicates are tied together first.

    Args:
        dataset: As read.
        seed: Of the draw.
        share: Of the training images that go to validation.
        near: Its near-duplicates (`duplicates.near`); None where nobody looked for them.
        allow_leakage: Go on where the given split leaks; the words then say what.

    Returns:
        The data set, and how it was split in words, for the card.

    Raises:
        SetupError: A label would be missing from one side, or a side knows another one and that was not allowed.
    """
    tied = _tie(len(dataset.examples), groups(dataset.examples, near or ()))
    known = all(example.patient for example in dataset.examples)
    who = "patients" if known else "images (whose they are is not known)"
    done = _follow(dataset, tied)
    if done.of("val") and all(example.split for example in done.examples):
        described = "as the data set gives it"
    elif done.of("val"):
        described = "as the data set gives it, images without a split trained on"
        done = _give(done, {})
    else:
        chosen = _choose(done, tied, np.random.default_rng(seed), share)
        done = _give(done, dict.fromkeys(chosen, "val"))
        described = f"{share:.0%} of the training {who} drawn for validation, seed {seed}"
    _check_labels(done)
    leakage = measure(done, near)
    if leakage.crossings and not allow_leakage:
        raise SetupError(
            f"the split leaks: {leakage}. What is measured on images that are known from training flatters; mend the "
            "split (`lungwatch-train look DATA --clean FILE.csv` writes one without them), or say --allow-leakage: the card then tells"
        )
    return done, f"{described}; {'LEAKS, which was allowed: ' if leakage.crossings else ''}{leakage}"


def _follow(dataset: Dataset, tied: list[int]) -> Dataset:
    """Give images without a split that of their patient or duplicates, where these have one."""
    side = {number: example.split for number, example in zip(tied, dataset.examples, strict=True) if example.split}
    examples = tuple(
        replace(example, split=example.split or side.get(number))
        for number, example in zip(tied, dataset.examples, strict=True)
    )
    return replace(dataset, examples=examples)


def _give(dataset: Dataset, sides: dict[int, str]) -> Dataset:
    """Give the examples at these places these splits, and those that have none yet `train`."""
    examples = tuple(
        replace(example, split=sides.get(at) or example.split or "train") for at, example in enumerate(dataset.examples)
    )
    return replace(dataset, examples=examples)


def _tie(count: int, found: Iterable[Group]) -> list[int]:
    """Number the examples so that those which belong together, be it through others, share a number."""
    parent = list(range(count))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for group in found:
        for at in group.places[1:]:
            parent[root(at)] = root(group.places[0])
    return [root(at) for at in range(count)]


def _choose(dataset: Dataset, tied: list[int], rng: np.random.Generator, share: float) -> set[int]:
    """Draw whole groups, the rarest label first, until each label has its share in validation."""
    members: dict[int, list[int]] = defaultdict(list)
    for at, example in enumerate(dataset.examples):
        if example.split in (None, "train"):
            members[tied[at]].append(at)
    images = Counter(dataset.examples[at].label for ats in members.values() for at in ats)
    chosen: set[int] = set()
    for label in sorted(images, key=lambda label: images[label]):

        def count(ats: Iterable[int], label: str = label) -> int:
            return sum(dataset.examples[at].label == label for at in ats)

        wanted = max(1, round(share * images[label]))
        groups = [ats for ats in members.values() if count(ats)]
        taken = count(chosen)
        for number in rng.permutation(len(groups)):
            if taken >= wanted:
                break
            if groups[number][0] not in chosen:
                chosen.update(groups[number])
                taken += count(groups[number])
    return chosen


def _check_labels(dataset: Dataset) -> None:
    for side in ("train", "val"):
        missing = set(dataset.labels) - {example.label for example in dataset.of(side)}
        if missing:
            raise SetupError(f"the {side} split has no image of {', '.join(sorted(missing))}; add images or patients")
