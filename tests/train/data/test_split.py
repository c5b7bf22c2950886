from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.data.dataset import Dataset, Example
from train.data.split import split
from xray.errors import SetupError


def example(at: int, label: str, patient: str | None, *, side: str | None = None, group: str | None = None) -> Example:
    return Example(Path(f"{at}.png"), label, patient, side, group, sha256=str(at))


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.integers(0, 8)), min_size=1, max_size=120),
    st.integers(0, 1000),
)
def test_no_patient_and_no_duplicate_is_ever_on_both_sides(rows: list[tuple[str, int, int]], seed: int) -> None:
    examples = [example(at, "ab"[at % 2], f"own-{at}") for at in range(40)]  # enough of both labels to split at all
    for label, patient, group in rows:
        examples.append(example(len(examples), label, f"p{patient}", group=f"g{group}" if group else None))
    done, _ = split(Dataset("d", tuple(examples)), seed)
    for key in ("patient", "group"):
        sides: dict[str, set[str | None]] = {}
        for one in done.examples:
            if getattr(one, key):
                sides.setdefault(getattr(one, key), set()).add(one.split)
        assert all(len(found) == 1 for found in sides.values())


def test_equal_bytes_stay_together_even_under_different_patients() -> None:
    examples = [replace(example(at, "ab"[at % 2], f"p{at}"), sha256=f"{at // 4}{'ab'[at % 2]}") for at in range(80)]
    done, _ = split(Dataset("d", tuple(examples)), 3)
    sides: dict[str, set[str | None]] = {}
    for one in done.examples:
        sides.setdefault(one.sha256, set()).add(one.split)
    assert all(len(found) == 1 for found in sides.values())


def test_the_same_seed_splits_the_same_and_each_label_has_its_share() -> None:
    examples = tuple(example(at, "a" if at % 4 else "b", f"p{at}") for at in range(400))
    first, words = split(Dataset("d", examples), 7)
    assert first == split(Dataset("d", examples), 7)[0] != split(Dataset("d", examples), 8)[0]
    assert first.counts()["val"] == {"a": 30, "b": 10}
    assert "seed 7" in words


def test_given_splits_are_kept_and_a_test_split_is_never_touched() -> None:
    given_sides = tuple(example(at, "ab"[at % 2], f"p{at}", side=("train", "val")[at // 20]) for at in range(40))
    assert split(Dataset("d", given_sides), 0)[0].examples == given_sides
    with_test = tuple(example(at, "ab"[at % 2], f"p{at}", side=("train", "test")[at // 40]) for at in range(80))
    done, _ = split(Dataset("d", with_test), 0)
    assert [one.split for one in done.examples[40:]] == ["test"] * 40
    assert {one.split for one in done.examples[:40]} == {"train", "val"}


def test_a_patient_on_both_sides_of_a_given_split_is_an_error() -> None:
    examples = tuple(example(at, "ab"[at % 2], f"p{at // 4}", side=("train", "val")[at % 4 // 2]) for at in range(40))
    with pytest.raises(SetupError, match="val images have a patient in common with train"):
        split(Dataset("d", examples), 0)


def test_a_label_missing_from_one_side_is_an_error() -> None:
    examples = (example(0, "a", "p0"), example(1, "a", "p1"), example(2, "b", "p2"))
    with pytest.raises(SetupError, match="has no image of b"):
        split(Dataset("d", examples), 0)


def test_a_patient_in_train_and_test_is_an_error_too() -> None:
    sides = ("train", "val", "test")
    examples = tuple(
        example(at, "ab"[at % 2], f"p{at % 20 if at < 40 else at}", side=sides[at // 20]) for at in range(60)
    )
    with pytest.raises(SetupError, match="val images have a patient in common with train"):
        split(Dataset("d", examples), 0)
    examples = tuple(example(at, "ab"[at % 2], f"p{at % 40}", side=sides[at // 20]) for at in range(60))
    with pytest.raises(SetupError, match="test images have a patient in common with train"):
        split(Dataset("d", examples), 0)


def test_given_splits_stay_and_images_without_one_follow_their_patient() -> None:
    examples = [example(at, "ab"[at % 2], f"p{at}", side=("train", "val")[at // 20]) for at in range(40)]
    examples += [example(40, "a", "p30"), example(41, "a", "new")]
    done, words = split(Dataset("d", tuple(examples)), 0)
    assert [one.split for one in done.examples[:40]] == [one.split for one in examples[:40]]
    assert [one.split for one in done.examples[40:]] == ["val", "train"]
    assert words.startswith("as the data set gives it")


def test_patients_with_images_of_several_labels_can_be_split() -> None:
    examples = [example(at, "a", f"p{at}") for at in range(100)]
    examples += [example(100 + at, "b", f"p{at}") for at in range(5)]
    for seed in range(50):
        done, _ = split(Dataset("d", tuple(examples)), seed)
        assert done.counts()["val"]["b"] >= 1


def test_patients_are_only_spoken_of_where_they_are_known() -> None:
    nobody = tuple(example(at, "ab"[at % 2], None) for at in range(40))
    _, words = split(Dataset("d", nobody), 0)
    assert "whose they are is not known" in words
    assert "no patient" not in words
