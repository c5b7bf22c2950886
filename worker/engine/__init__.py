"""Engines: who reads and predicts. Everything durable stays with the loop, so an engine can lose nothing.

To add one: a module here that keeps the protocol, and its entry in `ENGINES`.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from worker.claim import Claim, Decision
from worker.pauses import Pause
from worker.settings import Settings


class Engine(Protocol):
    """Takes claims, gives decisions, in any order. At least one decision for each claim; the loop ignores more."""

    @property
    def capacity(self) -> int:
        """Claims that it can use at a time without running dry between two turns of the loop."""

    @property
    def backlog(self) -> int:
        """Claims that nobody has begun to read."""

    @property
    def decided(self) -> int:
        """Decisions that wait to be fetched."""

    @property
    def ready(self) -> bool:
        """Whether a claim submitted now would be read."""

    @property
    def trouble(self) -> Pause | None:
        """Why claims cannot be read at present; None in good health."""

    @property
    def restarts(self) -> int:
        """How often something that read files died and was started again."""

    def submit(self, claims: Sequence[Claim]) -> None:
        """Read these; `wake` is called when a decision is there. Returns at once."""

    def decisions(self) -> list[Decision]:
        """Return what was decided since the last call. Never waits.

        Raises:
            SetupError: The model cannot be run.
        """

    def stop(self) -> None:
        """End everything that was started."""


Make = Callable[[Settings, bytes, str, Callable[[], None]], Engine]
"""(settings, model file's bytes, the folder `work`, wake) to a started engine."""


def local(settings: Settings, model: bytes, work: str, wake: Callable[[], None]) -> Engine:
    """Child processes on this machine."""
    from worker.engine.local import LocalEngine

    return LocalEngine(settings, model, work, wake)


ENGINES: dict[str, Make] = {"local": local}
