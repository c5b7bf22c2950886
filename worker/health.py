"""How the worker is, for those who ask from outside (/healthz, /readyz, the page). Written by the loop, read by the web."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from worker.pauses import Pause

STALE_SECONDS = 120.0
"""A loop that has not turned for so long hangs; a sync on a busy disk may well take many seconds."""


@dataclass
class Health:
    """Plain values, each replaced as a whole."""

    clock: Callable[[], float] = time.monotonic
    heartbeat: float = field(default_factory=time.monotonic)
    pause: Pause | None = None
    standby: bool = False
    watching: bool = False
    reading: bool = False
    """Whether a reader has its model loaded."""
    draining: bool = False
    stuck: str | None = None
    """Why files lie in incoming that cannot be moved; None where none do."""

    def beat(self) -> None:
        self.heartbeat = self.clock()

    @property
    def alive(self) -> bool:
        return self.clock() - self.heartbeat < STALE_SECONDS

    def unready(self) -> str | None:
        """Say why files dropped now would not be answered; None where they would be."""
        if self.draining:
            return "stopping"
        if self.standby:
            return "standing by: another worker serves this folder"
        if self.pause is not None:
            return f"{self.pause.value}: {self.pause.sentence}"
        if self.stuck is not None:
            return f"files cannot be moved: {self.stuck}"
        if not self.watching:
            return "starting: finishing what an earlier run left"
        if not self.reading:
            return "starting: the model is being loaded"
        return None
