"""One hostile file: how to make it, and what must become of it."""

from collections.abc import Callable
from dataclasses import dataclass

from xray.reasons import Reason

ANSWERED = None
"""What looks hostile and is harmless must be answered."""


@dataclass(frozen=True)
class Case:
    """One file of the corpus."""

    name: str
    """As what it is dropped."""
    expected: Reason | None
    make: Callable[[], bytes]
