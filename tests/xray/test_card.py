"""The card as JSON: everything comes back, and nothing that does not belong is let in."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xray.card import SCHEMA, Card, InputSpec, Interval, OperatingPoint, Result, TrainingData, UncertainBand
from xray.errors import SetupError

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(
    InputSpec,
    st.builds(
        InputSpec,
        height=st.integers(1, 4096),
        width=st.integers(1, 4096),
        channels=st.sampled_from([1, 3]),
        geometry=st.sampled_from(["stretch", "pad"]),
    ),
)
FIELDS = {one.name: ... for one in dataclasses.fields(Card) if one.name != "schema"}

SHARE = Interval(0.9, 0.85, 0.95)
CARD = Card(
    name="pneumonia",
    version="1",
    created="2026-11-21T12:00:00Z",
    labels=("NORMAL", "PNEUMONIA"),
    input=InputSpec(160, 160),
    recipe="mobilenet",
    seed=1,
    data=TrainingData("Kermany", "CC BY 4.0", "doi:10.17632/rscbjbr9sj", {"train": {"NORMAL": 10}}, "00", "by patient"),
    positive="PNEUMONIA",
    operating_points=(
        OperatingPoint("balanced", 0.4, SHARE, SHARE),
        OperatingPoint("rule-out", 0.1, SHARE, SHARE, UncertainBand(0.05, 0.5, 0.05)),
    ),
    results=(Result("AUROC", "validation", 0.99),),
)


@settings(max_examples=15)
@given(st.builds(Card, **FIELDS))  # type: ignore[arg-type]
def test_every_card_comes_back_from_json(card: Card) -> None:
    text = card.to_json()
    assert Card.from_json(text) == card
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def changed(**fields: Any) -> str:
    values = json.loads(CARD.to_json()) | fields
    return json.dumps({name: value for name, value in values.items() if value is not ...})


@pytest.mark.parametrize(
    "field", [one.name for one in dataclasses.fields(Card) if one.default is dataclasses.MISSING][:8]
)
def test_a_missing_field_is_the_set_ups_fault(field: str) -> None:
    with pytest.raises(SetupError, match=field):
        Card.from_json(changed(**{field: ...}))


@pytest.mark.parametrize(
    "fields",
    [
        {"surprise": 1},
        {"input": {"height": 1, "width": 1, "depth": 3}},
        {"uncertain": {"low": 0.1, "high": 0.2, "quantile": 0.1, "why": ""}},
    ],
)
def test_an_unknown_field_is_the_set_ups_fault(fields: dict[str, Any]) -> None:
    with pytest.raises(SetupError, match="unknown fields"):
        Card.from_json(changed(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"labels": "AB"},
        {"labels": {"A": 1}},
        {"labels": [1, 2]},
        {"labels": None},
        {"name": 3},
        {"seed": "3"},
        {"seed": 3.5},
        {"seed": True},
        {"temperature": "1"},
        {"temperature": True},
        {"temperature": None},
        {"positive": 1},
        {"input": []},
        {"input": "160"},
        {"input": {"height": 0, "width": 1}},
        {"input": {"height": 1, "width": 1, "channels": 2}},
        {"input": {"height": 1, "width": 1, "geometry": "crop"}},
        {"versions": ["numpy"]},
        {"data": None},
        {"operating_points": {"a": 1}},
        {"operating_points": [1]},
    ],
    ids=str,
)
def test_a_field_of_another_kind_is_the_set_ups_fault(fields: dict[str, Any]) -> None:
    with pytest.raises(SetupError, match="the card cannot be read"):
        Card.from_json(changed(**fields))


@pytest.mark.parametrize("schema", [SCHEMA + 1, 0, None, "1", ...])
def test_another_schema_is_told(schema: object) -> None:
    with pytest.raises(SetupError, match="schema"):
        Card.from_json(changed(schema=schema))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '"card"', changed().replace("0.05", "NaN"), "\x00"])
def test_what_is_no_card_is_the_set_ups_fault(text: str) -> None:
    with pytest.raises(SetupError):
        Card.from_json(text)


def test_not_a_number_is_never_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        dataclasses.replace(CARD, temperature=float("nan")).to_json()


def test_a_whole_number_may_stand_for_a_real_one() -> None:
    card = Card.from_json(changed(temperature=2))
    assert isinstance(card.temperature, float)


def test_the_first_operating_point_is_the_default() -> None:
    assert CARD.operating_point() == CARD.operating_points[0]
    assert CARD.operating_point("rule-out") == CARD.operating_points[1]


def test_a_threshold_is_never_made_up() -> None:
    with pytest.raises(SetupError, match="balanced, rule-out"):
        CARD.operating_point("screening")
    with pytest.raises(SetupError, match="none"):
        dataclasses.replace(CARD, operating_points=()).operating_point()


def test_more_than_two_labels_have_no_operating_point() -> None:
    assert dataclasses.replace(CARD, labels=("A", "B", "C"), positive=None).operating_point() is None
    with pytest.raises(SetupError, match="screening"):
        dataclasses.replace(CARD, labels=("A", "B", "C"), positive=None, operating_points=()).operating_point(
            "screening"
        )
