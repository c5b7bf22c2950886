"""The loop: looks when there is a reason to, turns the pipeline, rests, and stands still when the installation fails."""

import logging
import math
import sqlite3
import time
from collections.abc import Callable, Sequence

from worker import pauses
from worker.claim import Arrival
from worker.engine import Engine
from worker.folders import Folders
from worker.health import Health
from worker.inbox import Inbox
from worker.metrics import Metrics
from worker.pauses import Pause, Paused
from worker.permission import obstacle
from worker.pipeline import Pipeline
from worker.wake import Wake
from worker.watch import Watch
from xray.errors import SetupError

log = logging.getLogger(__name__)

GROUP = 16
"""While so many claims wait for a reader, the loop lets results gather into groups of about as many."""

_GATHER_SECONDS = 0.04
_HEARTBEAT_SECONDS = 1.0
_PAUSE_SECONDS = 1.0

_LIVELY_SECONDS = 1.0
_LIVELY_LOOK_SECONDS = 0.05
"""For half a second after a file was moved out of the folder, as we do with each, watchdog holds back whatever comes
after it. So for a while after a claim the loop looks by itself."""

_LOOK_SHARE = 0.1
"""Looking takes at most this share of the time, however many files there are. Of the last two looks the shorter one
counts: a single one that the machine held up for 150 ms made a lone file wait for another 1.4 s."""


class Returned(Exception):
    """The drop folder was away, or its lock or ledger is another file now: what we hold in memory may not be true.

    A disk that was pulled out comes back without what was not synced. So everything begins anew, from what lies there.
    """


class Loop:
    """Runs in the main thread; everything that it shares with others is in `Wake` and `Health`."""

    def __init__(
        self,
        *,
        folders: Folders,
        inbox: Inbox,
        pipeline: Pipeline,
        engine: Engine,
        watch: Watch,
        wake: Wake,
        health: Health,
        metrics: Metrics,
        rescan_seconds: float,
        drain_seconds: float,
        pause_limit_seconds: float = math.inf,
        identity: Callable[[], tuple[int, int]],
        recover: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folders, self._inbox, self._pipeline = folders, inbox, pipeline
        self._engine, self._watch, self._wake = engine, watch, wake
        self._health, self._metrics = health, metrics
        self._rescan_seconds, self._drain_seconds = rescan_seconds, drain_seconds
        self._pause_limit_seconds = pause_limit_seconds
        self._identity, self._recover = identity, recover
        self._clock = clock
        self._recovered = self._away = False
        self._wanted = True
        self._looked = self._may_look = self._lively_until = self._tie_at = self._still_since = 0.0
        self._last_looks = 0.0, 0.0
        self._restarts = 0

    def run(self, finished: Callable[[], bool] = lambda: False) -> None:
        """Turn until asked to stop, or until `finished` says so with nothing in hand; then finish what is in hand.

        Raises:
            SetupError: Something that does not mend by itself.
            Returned: All must be made anew.
        """
        deadline: float | None = None
        while True:
            if self._wake.stopping and deadline is None:
                deadline = self._clock() + self._drain_seconds
                self._health.draining = True
                log.info("stopping: finishing %s files in hand", self._pipeline.in_hand)
            done = False
            try:
                self._turn()
                done = finished()
            except (OSError, sqlite3.Error, Paused) as error:
                pause = pauses.classify(error)
                if pause is None:
                    raise
                self._stand_still(pause)
            if not self._pipeline.in_hand and (deadline is not None or done):
                return
            if deadline is not None and self._clock() > deadline:
                log.warning("%s files in hand are left for the next start", self._pipeline.in_hand)
                return
            if self._health.pause is None or self._health.pause is self._engine.trouble:
                self._rest()

    def _turn(self) -> None:
        now = self._clock()
        self._beat()
        if now >= self._tie_at:
            identity = self._identity()
            if self._away:
                raise Returned
            if not self._recovered:
                self._recover()
                self._recovered = True
            self._watch.tie(identity)
            self._tie_at = now + _HEARTBEAT_SECONDS
            self._health.watching = True
            if not self._wake.stopping:
                self._pipeline.take_requeued()
        arrivals = [] if self._wake.stopping else self._arrivals(now)
        if arrivals:
            self._lively_until = now + _LIVELY_SECONDS
        self._pipeline.turn(arrivals)
        self._go_on(self._engine.trouble)

    def _arrivals(self, now: float) -> Sequence[Arrival]:
        self._wanted = self._watch.stirred() or self._wanted
        room = self._pipeline.room
        if now >= self._next_look() and self._inbox.ready < room:
            self._wanted = False
            self._inbox.look()
            self._looked = self._clock()
            self._last_looks = self._last_looks[1], self._looked - now
            self._may_look = self._looked + min(self._last_looks) * (1 / _LOOK_SHARE - 1)
            self._measure()
        return self._inbox.take(room)

    def _next_look(self) -> float:
        """Monotonic clock when to look, if nothing is heard before."""
        if self._wanted:
            return self._may_look
        due = min(self._inbox.due, self._looked + self._rescan_seconds)
        if self._looked < self._lively_until:
            due = min(due, self._looked + _LIVELY_LOOK_SECONDS)
        return max(due, self._may_look)

    def _rest(self) -> None:
        if self._engine.backlog >= GROUP:
            if self._engine.decided < GROUP:  # often the last sync gave them time enough
                time.sleep(_GATHER_SECONDS)
        elif not self._pipeline.busy:
            now = self._clock()
            full = self._inbox.ready >= self._pipeline.room
            until = self._tie_at if full or self._wake.stopping else min(self._next_look(), self._tie_at)
            if self._inbox.ready and not full:
                until = now
            self._wake.wait(until - now)

    def _beat(self) -> None:
        self._health.beat()
        self._health.reading = self._engine.ready
        self._metrics.heartbeat.set(time.time())
        self._metrics.in_hand.set(self._pipeline.in_hand)
        if self._engine.restarts > self._restarts:
            self._metrics.restarts.inc(self._engine.restarts - self._restarts)
            self._restarts = self._engine.restarts

    def _measure(self) -> None:
        self._metrics.waiting.set(self._inbox.waiting)
        self._metrics.oldest_waiting.set(self._inbox.oldest_seconds())
        self._metrics.ignored.set(self._inbox.ignored)
        self._metrics.stuck.set(self._inbox.stuck)
        # A sender's sub-folder that we may not write in is that sender's affair; the incoming folder is everybody's.
        self._health.stuck = obstacle(self._folders.incoming) if self._inbox.stuck else None

    def _stand_still(self, pause: Pause) -> None:
        if self._health.pause is not pause:
            log.error("standing still: %s: %s", pause.value, pause.sentence)
            self._still_since = self._clock()
        if self._clock() - self._still_since > self._pause_limit_seconds:
            raise SetupError(f"{pause.sentence} ({pause.value}; mend that, and run this again)")
        self._health.pause = pause
        self._metrics.pause(pause)
        self._away = self._away or pause in (Pause.FOLDER_GONE, Pause.FOLDER_REPLACED)
        self._tie_at = 0.0
        time.sleep(_PAUSE_SECONDS)

    def _go_on(self, trouble: Pause | None) -> None:
        """Nothing stopped the turn; but the engine may have trouble of its own."""
        if self._health.pause is trouble:
            return
        if trouble is None:
            log.info("going on")
        else:
            log.error("no files can be read: %s: %s", trouble.value, trouble.sentence)
        self._health.pause = trouble
        self._metrics.pause(trouble)
