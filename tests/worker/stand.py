"""A pipeline on a real folder and a real ledger, with an engine that decides at once. For tests."""

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry

from worker import folders as layout
from worker.audit import Audit, audit
from worker.claim import Answer, Claim, Decision
from worker.inbox import Inbox, Rules
from worker.ledger import Ledger
from worker.metrics import Metrics
from worker.model import Model
from worker.pauses import Pause
from worker.pipeline import Pipeline
from worker.promise import Promises
from worker.publish import Publisher
from worker.recovery import recover
from xray.reasons import Reason

MODEL = Model(
    b"", "tiny", "1", "ab" * 32, "float32", ("NORMAL", "PNEUMONIA"), ("positive", "negative", "uncertain"), ""
)


class Clock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class InstantEngine:
    """Answers what holds `good`, refuses the rest, and never does anything by itself."""

    capacity, backlog, decided, ready, restarts = 64, 0, 0, True, 0
    trouble: Pause | None = None

    def __init__(self, work: Path) -> None:
        self._work = work
        self._decided: list[Decision] = []

    def submit(self, claims: Sequence[Claim]) -> None:
        self._decided.extend(map(self._decide, claims))

    def decisions(self) -> list[Decision]:
        decided, self._decided = self._decided, []
        return decided

    def stop(self) -> None:
        pass

    def _decide(self, claim: Claim) -> Decision:
        content = (self._work / claim.id).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if b"good" not in content:
            return Decision(claim, reason=Reason.DAMAGED, sha256=digest, size_bytes=len(content))
        scores = {"NORMAL": 0.0, "PNEUMONIA": float(len(claim.id))}
        answer = Answer(scores, {"NORMAL": 0.5, "PNEUMONIA": 0.5}, "NORMAL", "negative", None, {"width": 64})
        return Decision(claim, answer, sha256=digest, size_bytes=len(content), format="PNG", durations={"read": 0.1})


class Stand:
    """Everything that a pipeline needs, on one root. Making a second one on the same root is a restart."""

    def __init__(self, root: Path, *, settle_seconds: float = 0.0, patience_seconds: float = 0.0) -> None:
        self._patience_seconds = patience_seconds
        self.folders = layout.prepare(root, root / "ledger.sqlite")
        self.clock = Clock()
        self.ledger = Ledger(root / "ledger.sqlite")
        self.publisher = Publisher(root)
        self.inbox = Inbox(str(self.folders.incoming), Rules(settle_seconds, 0.0), self.clock)
        self.engine = InstantEngine(self.folders.work)
        self.metrics = Metrics(CollectorRegistry())
        self.anchor = os.open(root, os.O_RDONLY)
        self.pipeline = self.make()

    def make(self) -> Pipeline:
        return Pipeline(
            ledger=self.ledger,
            engine=self.engine,
            inbox=self.inbox,
            promises=Promises(self.ledger, MODEL, self.folders.root, time.time),
            publisher=self.publisher,
            metrics=self.metrics,
            anchor=self.anchor,
            settle_seconds=0.0,
            patience_seconds=self._patience_seconds,
            clock=self.clock,
        )

    def drop(self, name: str, content: bytes = b"good") -> None:
        path = self.folders.incoming / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def recover(self) -> None:
        recover(self.folders, self.ledger, self.pipeline, self.anchor, self.clock())

    def turn(self) -> None:
        self.inbox.look()
        self.pipeline.turn(self.inbox.take(self.pipeline.room))

    def turn_until_idle(self) -> None:
        for _ in range(20):
            self.turn()
            if not self.pipeline.in_hand and not self.inbox.waiting:
                return
        raise AssertionError(f"{self.pipeline.in_hand} in hand, {self.inbox.waiting} waiting after 20 turns")

    def audit(self) -> Audit:
        return audit(self.folders, self.ledger)

    def close(self) -> None:
        self.ledger.close()
        os.close(self.anchor)
