from pathlib import Path

import pytest

from train.data.dataset import Dataset, Example
from train.data.duplicates import Pair
from train.data.leakage import Crossing, Group, groups, measure
from train.data.split import split
from xray.errors import SetupError


def data(*rows: tuple[str, str, str | None, str]) -> Dataset:
    """Examples of split, label, patient and digest, and enough others for every side."""
    examples = [
        Example(Path(f"{at}.png"), label, patient, side, sha256=digest)
        for at, (side, label, patient, digest) in enumerate(rows)
    ]
    for side in ("train", "val", "test"):
        examples += [Example(Path(f"{side}-{label}.png"), label, split=side) for label in "ab"]
    return Dataset("d", tuple(examples))


LEAKING = data(
    ("train", "a", "p1", "1"),
    ("test", "a", "p1", "2"),
    ("val", "b", "p2", "3"),
    ("test", "b", "p3", "3"),
    ("train", "b", "p4", "4"),
    ("val", "b", "p5", "5"),
)


def test_what_crosses_is_counted_by_kind_and_sides() -> None:
    found = measure(LEAKING, [Pair(4, 5, 0.9), Pair(2, 3, 1.0)])
    assert found.crossings == (
        Crossing("near-duplicate", "train", "val", 1, of=4),
        Crossing("patient", "train", "test", 1, of=4),
        Crossing("exact duplicate", "val", "test", 1, of=4),
    )
    assert (found.images, found.patients_known, found.exact_groups, found.near_pairs) == (12, 6, 1, 1)
    assert "1 of 4 test images have a patient in common with train" in str(found)


def test_an_image_that_is_known_twice_is_counted_under_the_stronger_tie() -> None:
    both = data(("train", "a", "p", "1"), ("test", "a", "p", "1"), ("test", "a", "p", "2"))
    assert measure(both, [Pair(0, 1, 1.0), Pair(0, 2, 0.9)]).crossings == (
        Crossing("exact duplicate", "train", "test", 1, of=4),
        Crossing("near-duplicate", "train", "test", 1, of=4),
    )


def test_nothing_is_said_to_be_absent_that_nobody_looked_for() -> None:
    clean = data(("train", "a", None, "1"))
    assert str(measure(clean, None)) == "no exact duplicate on both sides"
    assert str(measure(clean, ())) == "no exact duplicate and no near-duplicate on both sides"


def test_all_images_of_a_side_that_another_side_knows_are_counted() -> None:
    many = data(*(("train", "a", "p", "1"),), *(("val", "a", "p", f"v{at}") for at in range(3)))
    assert measure(many, ()).crossings == (Crossing("patient", "train", "val", 3, of=5),)


def test_near_duplicates_that_are_exact_ones_are_listed_once() -> None:
    examples = data(("train", "a", None, "1"), ("train", "a", None, "1"), ("train", "a", None, "2")).examples
    found = groups(examples, [Pair(0, 1, 1.0), Pair(1, 2, 0.95)])
    assert found == (Group("exact duplicate", (0, 1)), Group("near-duplicate", (1, 2)))


def test_leakage_of_a_given_split_is_an_error_that_only_allowing_it_overrides() -> None:
    pairs = [Pair(4, 5, 0.9)]
    with pytest.raises(
        SetupError, match=r"(?s)near-duplicate in train.*patient.*exact duplicate in val.*--allow-leakage"
    ):
        split(LEAKING, 0, near=pairs)
    done, words = split(LEAKING, 0, near=pairs, allow_leakage=True)
    assert done == LEAKING
    assert (
        "LEAKS, which was allowed: 1 of 4 val images have a near-duplicate in train; 1 of 4 test images have a patient"
        in words
    )


def test_a_drawn_split_keeps_near_duplicates_together() -> None:
    examples = tuple(Example(Path(f"{at}.png"), "ab"[at % 2], sha256=str(at)) for at in range(60))
    pairs = [Pair(at, at + 2, 0.9) for at in range(0, 58, 4)]
    for seed in range(10):
        done, words = split(Dataset("d", examples), seed, near=pairs)
        assert all(done.examples[pair.first].split == done.examples[pair.second].split for pair in pairs)
        assert words.endswith("no exact duplicate and no near-duplicate on both sides")
