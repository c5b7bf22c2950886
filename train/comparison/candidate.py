"""A run or a model file that takes part in a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from train.learning.validation import Score
from train.measuring.scoring import load
from xray.card import Card
from xray.errors import SetupError


@dataclass(frozen=True)
class Candidate:
    """One of the models that are compared."""

    name: str
    """Of its folder or file; its whole path where two have the same."""
    location: Path
    card: Card
    score: Score

    @property
    def is_file(self) -> bool:
        """A model file, which holds no images."""
        return self.location.is_file()


def load_all(locations: Sequence[Path]) -> tuple[Candidate, ...]:
    """Load what is to be compared.

    Raises:
        SetupError: Fewer than two, one given twice, one that cannot be loaded, or they answer different questions.
    """
    whole = [location.resolve() for location in locations]
    if len(whole) < 2:
        raise SetupError("expected two runs or model files or more to compare, got one")
    if len(set(whole)) < len(whole):
        raise SetupError("one of them is given twice; a model does not differ from itself")
    names = [location.name for location in whole]
    found = []
    for location, path in zip(locations, whole, strict=True):
        card, score, _ = load(location)
        found.append(Candidate(path.name if names.count(path.name) == 1 else str(location), location, card, score))
    _check_labels(found)
    return tuple(found)


def _check_labels(found: Sequence[Candidate]) -> None:
    first = found[0]
    for other in found[1:]:
        if other.card.labels != first.card.labels:
            raise SetupError(
                f"{other.name} knows the labels {', '.join(other.card.labels)}, {first.name} knows "
                f"{', '.join(first.card.labels)}; only models of the same labels in the same order can be compared"
            )
        if other.card.positive != first.card.positive:
            raise SetupError(
                f"the finding of {other.name} is {other.card.positive}, that of {first.name} is {first.card.positive}; "
                "only models that look for the same finding can be compared"
            )
