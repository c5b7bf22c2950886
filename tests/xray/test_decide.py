"""Scores and card to finding."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xray.calibration import operating_points
from xray.card import Card, InputSpec, Interval, OperatingPoint, TrainingData, UncertainBand
from xray.decide import decide, probabilities
from xray.distance import fit
from xray.runtime import Prediction

SHARE = Interval(0.9, 0.8, 1.0)
CARD = Card(
    name="tiny",
    version="1",
    created="",
    labels=("NORMAL", "PNEUMONIA"),
    input=InputSpec(64, 64),
    recipe="none",
    seed=1,
    data=TrainingData("drawn", "", "", {}, "", ""),
    positive="PNEUMONIA",
    operating_points=(OperatingPoint("balanced", 0.5, SHARE, SHARE),),
)
THREE = dataclasses.replace(CARD, labels=("A", "B", "C"), positive=None, operating_points=())


def prediction(*scores: float, embedding: tuple[float, ...] = (0, 0, 0, 0)) -> Prediction:
    return Prediction(
        np.array(scores, np.float32), np.zeros((2, 2, len(scores)), np.float32), np.array(embedding, np.float32)
    )


def at(threshold: float) -> OperatingPoint:
    return OperatingPoint("here", threshold, SHARE, SHARE)


SCORES = st.lists(st.floats(-1000, 1000, width=32), min_size=2, max_size=5)
TEMPERATURES = st.floats(0.05, 20)


@given(SCORES, TEMPERATURES)
def test_probabilities_are_shares_in_the_order_of_the_scores(scores: list[float], temperature: float) -> None:
    shares = probabilities(np.array(scores, np.float32), temperature)
    assert shares.sum() == pytest.approx(1)
    assert (shares >= 0).all() and np.isfinite(shares).all()
    assert (np.diff(shares[np.argsort(scores, kind="stable")]) >= -1e-12).all()


@given(SCORES, TEMPERATURES, st.floats(-100, 100))
def test_only_differences_of_scores_count(scores: list[float], temperature: float, added: float) -> None:
    values = np.array(scores, np.float64)
    assert np.allclose(probabilities(values, temperature), probabilities(values + added, temperature), atol=1e-6)


@given(st.floats(-20, 20, width=32), TEMPERATURES)
def test_temperature_divides_the_scores(score: float, temperature: float) -> None:
    share = probabilities(np.array([0, score], np.float32), temperature)[1]
    assert share == pytest.approx(1 / (1 + np.exp(-score / temperature)), abs=1e-9)


def test_probabilities_work_on_many_images_at_once() -> None:
    scores = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    assert np.allclose(probabilities(scores, 1.5), [probabilities(one, 1.5) for one in scores])


def test_a_probability_equal_to_the_threshold_is_positive() -> None:
    share = float(probabilities(np.array([0, 1.25], np.float32), 1.0)[1])
    for threshold, decision in ((share, "positive"), (np.nextafter(share, 1), "negative")):
        finding = decide(prediction(0, 1.25), CARD, {}, at(float(threshold)))
        assert finding.decision == decision
        assert finding.label == ("PNEUMONIA" if decision == "positive" else "NORMAL")


def test_the_label_is_that_of_the_side_not_the_likelier_one() -> None:
    finding = decide(prediction(1, 0), CARD, {}, at(0.2))  # probability 0.27
    assert (finding.label, finding.decision) == ("PNEUMONIA", "positive")
    assert finding.probabilities["NORMAL"] > finding.probabilities["PNEUMONIA"]


def test_the_calibration_of_the_card_is_applied() -> None:
    warm = dataclasses.replace(CARD, temperature=4.0)
    cold, calm = (decide(prediction(0, 4), card, {}, at(0.5)) for card in (CARD, warm))
    assert cold.probabilities["PNEUMONIA"] > calm.probabilities["PNEUMONIA"] == pytest.approx(1 / (1 + np.exp(-1)))
    assert cold.scores == calm.scores == {"NORMAL": 0.0, "PNEUMONIA": 4.0}


def test_the_uncertain_band_holds_its_lower_end_only() -> None:
    share = float(probabilities(np.array([0, 0.5], np.float32), 1.0)[1])
    for low, high, decision in (
        (share, share + 0.1, "uncertain"),
        (share - 0.1, share, "positive"),
        (share - 0.1, share + 0.1, "uncertain"),
        (share + 0.1, share + 0.2, "positive"),
    ):
        point = dataclasses.replace(at(0.5), uncertain=UncertainBand(low, high, 0.05))
        assert decide(prediction(0, 0.5), CARD, {}, point).decision == decision


def test_decisions_rise_with_the_probability_at_every_operating_point() -> None:
    """Negative, then uncertain, then positive: never back again."""
    rng = np.random.default_rng(0)
    shares = np.concatenate([rng.beta(2, 5, 300), rng.beta(5, 2, 300)])
    for point in operating_points(shares, np.arange(600) >= 300):
        ranks = [
            ("negative", "uncertain", "positive").index(decide(prediction(0, score), CARD, {}, point).decision)
            for score in np.linspace(-6, 6, 241)
        ]
        assert ranks == sorted(ranks)
        assert set(ranks) == {0, 1, 2}


def test_scores_that_are_not_numbers_are_never_a_decision() -> None:
    with pytest.raises(ValueError, match="not numbers"):
        decide(prediction(0, float("nan")), CARD, {}, at(0.5))


def test_what_is_unlike_the_training_images_is_uncertain_whatever_it_scores() -> None:
    arrays = fit(np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32))
    card = dataclasses.replace(CARD, out_of_distribution_limit=3.0)
    near = decide(prediction(0, 9), card, arrays, at(0.5))
    far = decide(prediction(0, 9, embedding=(50, 0, 0, 0)), card, arrays, at(0.5))
    assert (near.decision, near.out_of_distribution) == ("positive", False)
    assert (far.decision, far.out_of_distribution) == ("uncertain", True)
    assert far.label == "PNEUMONIA"
    assert near.distance is not None and far.distance is not None and near.distance < 3 < far.distance


def test_a_card_without_a_limit_tells_the_distance_and_no_more() -> None:
    arrays = fit(np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32))
    finding = decide(prediction(0, 9, embedding=(50, 0, 0, 0)), CARD, arrays, at(0.5))
    assert (finding.decision, finding.out_of_distribution) == ("positive", False)
    assert finding.distance is not None
    assert decide(prediction(0, 9), CARD, {}, at(0.5)).distance is None


def test_of_three_labels_the_likeliest_is_the_decision() -> None:
    finding = decide(prediction(0.1, 0.3, 0.2), THREE, {}, THREE.operating_point())
    assert (finding.label, finding.decision, finding.operating_point) == ("B", "B", None)
    assert list(finding.probabilities) == ["A", "B", "C"]


def test_three_labels_may_be_out_of_distribution_too() -> None:
    arrays = fit(np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32))
    card = dataclasses.replace(THREE, out_of_distribution_limit=3.0)
    finding = decide(prediction(0, 9, 0, embedding=(50, 0, 0, 0)), card, arrays, None)
    assert (finding.label, finding.decision) == ("B", "uncertain")


def test_scores_that_do_not_fit_the_card_are_a_bug() -> None:
    with pytest.raises(ValueError, match="zip"):
        decide(prediction(0, 1), THREE, {}, None)


def test_a_finding_holds_plain_numbers() -> None:
    """They go into JSON and over a pipe."""
    finding = decide(prediction(0, 1), CARD, {}, at(0.5))
    assert {type(one) for one in (*finding.scores.values(), *finding.probabilities.values())} == {float}
    assert type(finding.out_of_distribution) is bool
