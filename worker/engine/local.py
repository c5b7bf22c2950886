"""The local engine: reader processes on this machine, fed and watched by one thread.

The thread exists so that the readers never wait while the loop waits for the disk. It opens each file itself and hands
over the descriptor; a reader that dies or hangs costs the file that it was reading one of three tries.
"""

import logging
import os
import selectors
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from worker.claim import Claim, Decision
from worker.engine.child import READER, Child
from worker.engine.opening import open_claimed
from worker.engine.reply import decision
from worker.names import escape
from worker.pauses import Pause
from worker.settings import Settings
from worker.wake import Wake
from xray.errors import RejectedImage, SetupError
from xray.reasons import Reason

log = logging.getLogger(__name__)

TRIES = 3
_START_SECONDS = 60.0
_RETRY_SECONDS = 1.0
_LONGEST_BACK_OFF_SECONDS = 30.0
_CAPACITY_PER_CHILD = 64
"""Claims in hand for each reader: a third of a second's work, longer than a turn of the loop takes."""


class LocalEngine:
    """Starts at once; see `worker.engine.Engine`."""

    def __init__(
        self,
        settings: Settings,
        model: bytes,
        work: str,
        wake: Callable[[], None],
        command: Sequence[str] = READER,
    ) -> None:
        self._settings = settings
        self._work = work
        self._wake = wake
        self._command = command
        # A copy in memory: a reader started next month still loads the bytes that were verified today.
        self._model = os.memfd_create("model", os.MFD_CLOEXEC)
        with open(self._model, "wb", closefd=False) as file:
            file.write(model)
        self._children: list[Child] = []
        self._queue: deque[Claim] = deque()
        self._later: deque[tuple[float, Claim]] = deque()
        self._tries: dict[str, int] = {}
        self._decisions: deque[Decision] = deque()
        self._failure: SetupError | None = None
        self._failed_starts = 0
        self._warned = False
        self._start_after = 0.0
        self._bell = Wake()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._bell, selectors.EVENT_READ)
        self.capacity = _CAPACITY_PER_CHILD * settings.workers
        self.restarts = 0
        self.trouble: Pause | None = None
        # The thread starts every child: the kernel takes the end of the starting thread for the end of the parent.
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        return len(self._queue)

    @property
    def decided(self) -> int:
        return len(self._decisions)

    @property
    def ready(self) -> bool:
        return any(child.ready for child in self._children)

    def submit(self, claims: Sequence[Claim]) -> None:
        self._queue.extend(claims)
        self._bell.set()

    def decisions(self) -> list[Decision]:
        if self._failure is not None:
            raise self._failure
        return [self._decisions.popleft() for _ in range(len(self._decisions))]

    def stop(self) -> None:
        self._bell.stop()
        self._thread.join(10)

    def _run(self) -> None:
        try:
            while not self._bell.stopping and self._failure is None:
                now = time.monotonic()
                self._tend(now)
                self._feed(now)
                for key, _ in self._selector.select(self._sleep_seconds(now)):
                    if key.fileobj is self._bell:
                        self._bell.wait(0)
                    else:
                        self._hear(key.data)
                if self._decisions:
                    self._wake()
        except Exception as error:
            # The loop must hear of it: a thread that dies in silence would leave every file waiting.
            log.exception("the engine failed")
            self._failure = SetupError(f"the engine failed ({type(error).__name__}); this is a bug, report the log")
            self._failure.__cause__ = error
            self._wake()
        finally:
            for child in self._children:
                child.end()
            os.close(self._model)

    def _sleep_seconds(self, now: float) -> float:
        limit = self._settings.limits.wall_seconds
        ends = [child.since + limit for child in self._children if child.held]
        ends += [self._later[0][0]] if self._later else []
        if len(self._children) < self._settings.workers:
            ends.append(self._start_after)
        return max(min(ends, default=now + 60) - now, 0.01)

    def _tend(self, now: float) -> None:
        """Start, replace and kill children as needed."""
        limits = self._settings.limits
        for child in list(self._children):
            if child.held and now - child.since > limits.wall_seconds:
                self._lose(child, now, Reason.TOO_SLOW)
            elif not child.ready and now - child.since > _START_SECONDS:
                self._lose(child, now, Reason.CRASHED_DECODER)
            elif child.read_files >= limits.files_per_child and not child.held:
                self._part(child)
        while len(self._children) < self._settings.workers and now >= self._start_after:
            child = Child(
                *(self._model, self._settings.operating_point, limits, now, self._command),
                identity=self._settings.identity,
            )
            self._children.append(child)
            self._selector.register(child.socket, selectors.EVENT_READ, child)
        while self._later and self._later[0][0] <= now:
            self._queue.append(self._later.popleft()[1])

    def _feed(self, now: float) -> None:
        """Hand over files, to the child that holds the fewest first."""
        limits = self._settings.limits
        while self._queue:
            able = [
                child
                for child in self._children
                if child.room > 0 and child.read_files + len(child.held) < limits.files_per_child
            ]
            if not able:
                return
            child = min(able, key=lambda one: len(one.held))
            claim = self._queue.popleft()
            try:
                descriptor = open_claimed(f"{self._work}/{claim.id}", claim)
            except RejectedImage as error:
                self._refuse(claim, error.reason, error.detail)
                continue
            except OSError as error:
                self._put_off(claim, Pause.DISK_ERROR, os.strerror(error.errno or 0))
                continue
            try:
                child.hand(claim, descriptor, now)
            except OSError:
                self._queue.appendleft(claim)
                self._lose(child, now, Reason.CRASHED_DECODER)
            finally:
                os.close(descriptor)

    def _refuse(self, claim: Claim, reason: Reason, detail: str, queue: dict[str, float] | None = None) -> None:
        self._tries.pop(claim.id, None)
        self._decisions.append(Decision(claim, reason=reason, detail=detail, durations=queue or {}))

    def _put_off(self, claim: Claim, trouble: Pause, why: str) -> None:
        """The installation's fault, not the file's: try again, as often as it takes."""
        self.trouble = trouble
        log.warning("%s: cannot be read now (%s); trying again", claim.id, why)
        self._later.append((time.monotonic() + _RETRY_SECONDS, claim))

    def _hear(self, child: Child) -> None:
        now = time.monotonic()
        try:
            replies = child.replies()
            if replies is None:
                self._lose(child, now, Reason.CRASHED_DECODER)
                return
            for reply in replies:
                if child.ready:
                    self._decide(child, reply, now)
                else:
                    self._begin(child, reply)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
            # It is no longer the program that we started.
            log.error("a reader process says what none says (%s); ending it", type(error).__name__)
            self._lose(child, now, Reason.CRASHED_DECODER)

    def _begin(self, child: Child, reply: dict[str, Any]) -> None:
        """It has loaded the model, or cannot: all of this it says before it sees a file from outside."""
        if "setup_error" in reply:
            self._failure = SetupError(reply["setup_error"])
        else:
            child.ready = reply["ready"]
            self._failed_starts, self.trouble = 0, None
            if not reply.get("locked", True) and not self._warned:
                self._warned = True
                log.warning("this kernel offers no seccomp: readers are limited, but not kept from system calls")
        self._wake()

    def _decide(self, child: Child, reply: dict[str, Any], now: float) -> None:
        claim = child.held[0]
        queue = _queue(claim, child.since)
        if "bug" in reply:
            child.held.popleft()
            self._blame(claim, Reason.CRASHED_DECODER, escape(str(reply["bug"]))[:100], queue)
        elif "errno" in reply:
            error = OSError(int(reply["errno"]), "")
            child.held.popleft()
            self._put_off(claim, Pause.DISK_ERROR, os.strerror(error.errno or 0))
        elif "not_installed" in reply:
            child.held.popleft()
            self._put_off(claim, Pause.NO_DECODER, "a decoder is not installed")
        else:
            decided = decision(claim, reply, queue)
            child.held.popleft()
            self.trouble = None
            self._tries.pop(claim.id, None)
            self._decisions.append(decided)
        child.since = now
        child.read_files += 1

    def _lose(self, child: Child, now: float, reason: Reason) -> None:
        """A child died, or must: blame the file that it was reading, and give the others back."""
        was_ready = child.ready
        status = self._part(child)
        self.restarts += 1
        log.warning("a reader process ended with status %s; starting another", status)
        if status == -signal.SIGXCPU and child.held:
            # The kernel counted its CPU seconds, so that another try would end the same way.
            claim = child.held.popleft()
            self._refuse(claim, Reason.TOO_SLOW, "it took more CPU time than is allowed", _queue(claim, child.since))
        elif child.held:
            claim = child.held.popleft()
            self._blame(claim, reason, f"the reader ended with status {status}", _queue(claim, child.since))
        self._queue.extendleft(reversed(child.held))
        if not was_ready:
            self._failed_starts += 1
            self._start_after = now + min(2.0**self._failed_starts, _LONGEST_BACK_OFF_SECONDS)
            self.trouble = Pause.NO_READER
            log.error("a reader process could not be started (status %s); trying again", status)

    def _part(self, child: Child) -> int:
        self._selector.unregister(child.socket)
        self._children.remove(child)
        return child.end()

    def _blame(self, claim: Claim, reason: Reason, detail: str, queue: dict[str, float]) -> None:
        tries = self._tries.get(claim.id, 0) + 1
        if tries >= TRIES:
            self._refuse(claim, reason, detail, queue)
        else:
            self._tries[claim.id] = tries
            self._queue.appendleft(claim)


def _queue(claim: Claim, began: float) -> dict[str, float]:
    """Return the stage `queue`: how long a claim waited until a reader (the last of three, perhaps) began with it."""
    return {"queue": round(max(began - claim.claimed, 0.0), 6)}
