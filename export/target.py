"""The kinds of device that a bundle can be made for: one entry each, with the example in `export/examples/`."""

from collections.abc import Callable
from dataclasses import dataclass

from export.profiles import Profile
from xray.card import Card


def _anything(card: Card, quantized: Profile) -> str | None:
    return None


def _stretched(card: Card, quantized: Profile) -> str | None:
    if card.input.geometry == "stretch":
        return None
    return f"its example stretches radiographs, the card asks for {card.input.geometry}; train with --geometry stretch"


def _integers(card: Card, quantized: Profile) -> str | None:
    if (quantized.weights, quantized.activations) == ("int8", "int8"):
        return None
    return f"an Edge TPU computes with int8 only, the file is {card.profile}; convert with --profile int8-edgetpu"


@dataclass(frozen=True)
class Target:
    """A kind of device."""

    name: str
    """What the user types; the folder of its own files in `export/examples/`."""
    example: str
    """The file that answers one radiograph, at most 60 lines."""
    builds_on: tuple[str, ...] = ()
    """Targets whose files come along; its own replace theirs."""
    unfit: Callable[[Card, Profile], str | None] = _anything
    """Says why a model cannot run there and what to do, if so."""


TARGETS = (
    Target("raspberry-pi", "answer.py"),
    Target("android", "Lungwatch.kt", unfit=_stretched),
    Target("coral", "answer_coral.py", builds_on=("raspberry-pi",), unfit=_integers),
)
