"""A small card for tests that need one and do not care what it says."""

from xray.card import Card, InputSpec, TrainingData


def make_card() -> Card:
    """Two labels, nothing fitted yet."""
    return Card(
        name="drawn",
        version="1",
        created="2026-01-01T00:00:00+00:00",
        labels=("clear", "opacity"),
        positive="opacity",
        input=InputSpec(64, 64),
        recipe="none",
        seed=0,
        data=TrainingData("drawn", "none", "drawn", {}, "", "none"),
    )
