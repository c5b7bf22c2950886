"""What counts as the same answers."""

from dataclasses import replace

import numpy as np
import pytest

from export.imageset import ImageSet
from export.parity import MOST_LIKELY, Side, compare
from export.profiles import profile
from export.told import Told
from tests.cards import make_card
from xray.card import Card, Interval, OperatingPoint

ANY = Interval(1.0, 1.0, 1.0)
COUNT = 80


def at(threshold: float, name: str = "here") -> OperatingPoint:
    return OperatingPoint(name, threshold, ANY, ANY)


def binary(*points: OperatingPoint) -> Card:
    return replace(
        make_card(), labels=("clear", "opacity"), positive="opacity", temperature=1.0, operating_points=points
    )


@pytest.fixture
def images() -> ImageSet:
    labels = np.arange(COUNT) % 2
    shifted = np.arange(COUNT) >= COUNT // 2
    return ImageSet("here", np.zeros((COUNT, 4, 4, 1), np.uint8), labels, shifted, np.arange(COUNT) // 2)


@pytest.fixture
def told(images: ImageSet) -> Told:
    """Say what the labels are, with some noise."""
    rng = np.random.default_rng(0)
    scores = (4 * np.eye(2)[images.labels] + rng.normal(size=(COUNT, 2))).astype(np.float32)
    return Told(scores, *(rng.normal(size=(COUNT, 4)).astype(np.float32),) * 2)


def test_plain_and_shifted_images_are_judged_apart(images: ImageSet, told: Told) -> None:
    changed = told.scores.copy()
    three = np.flatnonzero(images.shifted)[:3]
    changed[three] = changed[three, ::-1]
    one = binary(at(0.5))
    plain, shifted = compare(images, Side(told, one), Side(replace(told, scores=changed), one))
    assert (plain.data, shifted.data) == ("here", "here, shifted")
    assert plain.changed == {"here": 0}
    assert shifted.changed == {"here": pytest.approx(3 / images.shifted.sum())}
    assert shifted.faults(profile("float32").bounds)
    assert not plain.faults(profile("float32").bounds)


def test_each_side_decides_by_its_own_card_at_each_operating_point(images: ImageSet, told: Told) -> None:
    loose, strict = binary(at(0.5), at(0.5, "other")), binary(at(0.5), at(0.999, "other"))
    plain, _ = compare(images, Side(told, loose), Side(told, strict))
    assert plain.score_correlation == pytest.approx(1)
    assert plain.changed["here"] == 0
    assert plain.changed["other"] > 0
    assert plain.changed_decisions == plain.changed["other"]
    assert plain.changed_by_scores == {"here": 0, "other": 0}


def test_of_more_labels_the_most_likely_one_is_the_decision(images: ImageSet, told: Told) -> None:
    three = replace(make_card(), labels=("a", "b", "c"), positive=None, operating_points=(), temperature=1.0)
    wider = replace(told, scores=np.hstack([told.scores, np.full((COUNT, 1), -9, np.float32)]))
    plain, _ = compare(images, Side(wider, three), Side(wider, three))
    assert plain.changed == {MOST_LIKELY: 0}


def test_the_auroc_difference_is_paired_and_its_interval_holds_it(images: ImageSet, told: Told) -> None:
    """The same scores differ by nothing, however wide each AUROC's own interval is."""
    one = binary(at(0.5))
    noisy = replace(
        told, scores=told.scores + np.random.default_rng(1).normal(0, 3, told.scores.shape).astype(np.float32)
    )
    same, _ = compare(images, Side(noisy, one), Side(noisy, one))
    assert (same.auroc_difference.low, same.auroc_difference.high) == (0, 0)
    assert same.auroc_file.high > same.auroc_file.low
    worse, _ = compare(images, Side(told, one), Side(noisy, one))
    assert worse.auroc_difference.low <= worse.auroc_difference.value < 0
    assert (
        worse.auroc_drop == -worse.auroc_difference.value == pytest.approx(worse.auroc_keras - worse.auroc_file.value)
    )


@pytest.mark.parametrize("spoiled", ["scores", "cams", "embeddings"])
@pytest.mark.parametrize("how", ["noise", "nothing"])
def test_every_output_must_follow_the_keras_model(images: ImageSet, told: Told, spoiled: str, how: str) -> None:
    values = getattr(told, spoiled)
    noise = np.random.default_rng(1).normal(size=values.shape).astype(np.float32)
    other = replace(told, **{spoiled: noise if how == "noise" else np.zeros_like(values)})
    one = binary(at(0.5))
    for parity in compare(images, Side(told, one), Side(other, one)):
        assert any(spoiled in fault for fault in parity.faults(profile("int8").bounds))


def test_what_is_no_number_is_not_finite(told: Told) -> None:
    assert told.finite
    for name in ("scores", "cams", "embeddings"):
        spoiled = getattr(told, name).copy()
        spoiled.flat[3] = np.nan
        assert not replace(told, **{name: spoiled}).finite
