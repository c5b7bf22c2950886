"""The way of a file from arrival to closed row, a group at a time; nothing is promised that is not yet durable.

One turn:

1. commit: what is placed and synced is closed, what was decided is promised, what has arrived is intended;
2. claim: arrivals move to `work/<id>` and go to the engine; write: results are written aside;
3. sync: all of that, and the places taken in the turn before, is on the disk;
4. place: results and sources are renamed into place.

Each step can be repeated after a failure: an item leaves its queue only when its step is done.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from worker import durable
from worker.claim import Arrival, Claim, Decision
from worker.engine import Engine
from worker.ids import Ids
from worker.inbox import Inbox
from worker.ledger import Ledger, Publication, Step
from worker.metrics import Metrics
from worker.promise import Promises
from worker.publish import Publisher
from worker.settle import is_held, signature
from xray.reasons import Reason

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Item:
    publication: Publication
    first_seen: float
    """Monotonic clock."""
    document: dict[str, Any] | None = None
    """None where an earlier run decided it."""


class Pipeline:
    """Owns every claim from its intent until its row is closed."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        engine: Engine,
        inbox: Inbox,
        promises: Promises,
        publisher: Publisher,
        metrics: Metrics,
        anchor: int,
        settle_seconds: float,
        patience_seconds: float,
        leases: bool = True,
        ids: Ids | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger, self._engine, self._inbox = ledger, engine, inbox
        self._promises, self._publisher, self._metrics = promises, publisher, metrics
        self._anchor = anchor
        self._settle_seconds, self._patience_seconds = settle_seconds, patience_seconds
        self._leases = leases
        self._ids = ids or Ids()
        self._clock = clock
        self._reading: dict[str, Claim] = {}
        self._heard: deque[Decision] = deque()
        self._restless: deque[tuple[float, Claim]] = deque()
        self._unsynced: set[str] = set()
        self._dropped: list[str] = []
        self._decisions: list[Decision] = []
        self._to_move: deque[Claim] = deque()
        self._to_write: deque[_Item] = deque()
        self._to_place: deque[_Item] = deque()
        self._placed: list[_Item] = []
        self._to_close: list[_Item] = []
        self.outcomes: dict[str, int] = {}
        """Files that were given a result, by reason; the empty reason is an answer."""

    @property
    def room(self) -> int:
        """How many more arrivals are of use now."""
        return max(self._engine.capacity - len(self._reading) - len(self._to_move), 0)

    @property
    def busy(self) -> bool:
        """Whether there is something to do right now; else only the engine can bring news."""
        return bool(
            self._decisions or self._to_move or self._to_write or self._to_place or self._placed or self._to_close
        )

    @property
    def in_hand(self) -> int:
        promised = len(self._to_write) + len(self._to_place) + len(self._placed) + len(self._to_close)
        return len(self._to_move) + len(self._reading) + promised

    def resume(self, claims: Sequence[Claim], publications: Sequence[Publication], dropped: Sequence[str]) -> None:
        """Take up what an earlier run left: claims to read again, promises to keep again."""
        self._dropped.extend(dropped)
        self._submit(claims)
        for publication in publications:
            self._to_write.append(_Item(publication, self._clock()))

    def take_requeued(self) -> None:
        """Take up what `requeue` has written into the ledger since the last call."""
        known = {claim.id for claim in self._to_move} | set(self._dropped)
        for claim in self._ledger.requeued():
            if claim.id not in self._reading and claim.id not in known:
                now = self._clock()
                self._to_move.append(replace(claim, first_seen=now, claimed=now))

    def turn(self, arrivals: Sequence[Arrival]) -> None:
        """Bring everything in hand one step on."""
        self._receive()
        self._commit(arrivals)
        self._claim()
        self._write()
        self._sync()
        self._place()

    def _receive(self) -> None:
        now = self._clock()
        self._heard.extend(self._engine.decisions())
        while self._heard:
            decision = self._heard[0]
            if decision.claim.id in self._reading:  # else a second answer to one question
                self._judge(decision, now)
            self._heard.popleft()
        if self._restless and self._restless[0][0] <= now:
            claim = self._restless[0][1]
            # A writer held on to the file while we claimed it: read it as it is now.
            if not self._publisher.is_gone(claim.id):
                claim = replace(claim, signature=signature(self._publisher.work_path(claim.id)))
            self._restless.popleft()
            self._hand_over([claim])  # one that was removed is decided by trying

    def _judge(self, decision: Decision, now: float) -> None:
        if decision.reason is Reason.CHANGED:
            # A folder that went away takes all its files with it, and that is the fault of none of them.
            gone = self._publisher.is_gone(decision.claim.id)
            if not gone and now - decision.claim.first_seen < self._patience_seconds:
                self._restless.append((now + self._settle_seconds, decision.claim))
                return
        self._decisions.append(decision)

    def _commit(self, arrivals: Sequence[Arrival]) -> None:
        now = self._clock()
        # A decision must not become durable before the rename that made the file ours: after a power cut the file
        # would be back in `incoming`, and be answered twice.
        ready = [one for one in self._decisions if one.claim.id not in self._unsynced]
        promised = self._promises.write(ready)
        claims = [
            Claim(self._ids.next(), one.name, one.signature, one.received, one.first_seen, now) for one in arrivals
        ]
        closed = [item.publication.id for item in self._to_close]
        step = Step(claims, [publication for publication, _ in promised], closed, list(self._dropped))
        if not step:
            return
        try:
            self._ledger.commit(step)
        except BaseException:
            self._inbox.put_back(arrivals)
            raise
        self._to_move.extend(claims)
        for decision, (publication, document) in zip(ready, promised, strict=True):
            del self._reading[publication.id]
            self._to_write.append(_Item(publication, decision.claim.first_seen, document))
        if ready:
            self._decisions = [one for one in self._decisions if one.claim.id in self._unsynced]
        self._to_close.clear()
        self._dropped.clear()
        self._metrics.spent("commit", self._clock() - now)

    def _claim(self) -> None:
        if not self._to_move:
            return
        claimed: list[Claim] = []
        lost: list[Claim] = []
        try:
            while self._to_move:
                claim = self._to_move[0]
                (claimed if self._publisher.claim(claim) else lost).append(claim)
                self._to_move.popleft()
        finally:
            arrived = [claim for claim in claimed if not claim.taken_from]
            self._inbox.forget([claim.name for claim in arrived])
            fresh = self._inbox.give_back([claim.name for claim in lost if not claim.taken_from])
            self._dropped.extend(claim.id for claim in lost)
            self._unsynced.update(claim.id for claim in claimed)
            self._hand_over(claimed)
            self._metrics.claimed(arrived)
        if fresh or any(claim.taken_from for claim in lost):
            log.warning("%s files were taken back, or are not ours to move; left where they are", len(lost))

    def _hand_over(self, claims: Sequence[Claim]) -> None:
        """Have claims read; one that somebody opened for writing just before the rename is looked at again later."""
        now = self._clock()
        free = []
        for claim in claims:
            young = now - claim.first_seen < self._patience_seconds
            if self._leases and young and is_held(self._publisher.work_path(claim.id)):
                self._reading[claim.id] = claim
                self._restless.append((now + self._settle_seconds, claim))
            else:
                free.append(claim)
        self._submit(free)

    def _submit(self, claims: Sequence[Claim]) -> None:
        self._reading.update((claim.id, claim) for claim in claims)
        self._engine.submit(claims)

    def _write(self) -> None:
        while self._to_write:
            self._publisher.write(self._to_write[0].publication)
            self._to_place.append(self._to_write.popleft())

    def _sync(self) -> None:
        dirty = self._publisher.dirty
        if not dirty:
            return
        before = self._clock()
        durable.sync(dirty, self._anchor)
        dirty.clear()
        self._unsynced.clear()
        self._to_close.extend(self._placed)
        self._placed.clear()
        self._metrics.spent("sync", self._clock() - before)

    def _place(self) -> None:
        now = self._clock()
        while self._to_place:
            item = self._to_place[0]
            try:
                source_there = self._publisher.place(item.publication)
            except FileNotFoundError:
                # A folder was removed under us. Begin again with this one, once the folders are back.
                self._to_write.append(self._to_place.popleft())
                raise
            self._placed.append(self._to_place.popleft())
            if not source_there:
                log.error("%s: its source is gone; somebody else moved or removed it", item.publication.id)
            self._tell(item, now)

    def _tell(self, item: _Item, now: float) -> None:
        publication, reason = item.publication, item.publication.reason or ""
        self.outcomes[reason] = self.outcomes.get(reason, 0) + 1
        self._metrics.placed(publication, item.document, now - item.first_seen)
        if publication.detail:
            log.info("%s: %s %s (%s)", publication.id, publication.outcome, reason, publication.detail)
        else:
            log.info("%s: %s", publication.id, f"{publication.outcome} {reason}".strip())
