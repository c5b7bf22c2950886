"""The incoming folder: look at it, and say which files are settled.

The listing is the truth. Events only say when to look; nothing depends on their coming.
"""

import errno
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import repeat

from worker.claim import Arrival, Signature
from worker.names import is_temporary
from worker.settle import Probe, probe, signature

WINDOW = 4096
"""So many unsettled files are followed at a time: a hundred thousand waiting files cost one listing, not memory."""

RETRY_SECONDS = 30.0
"""A file that could not be claimed (a sender's folder that we may not write in) is tried again after this, then after
twice as long, and so on."""
LONGEST_RETRY_SECONDS = 900.0


class State(Enum):
    """Where a file in the incoming folder stands."""

    NEW = "new"
    READY = "ready"
    WAITING = "waiting"
    """It does not change, but it is not finished either."""


@dataclass(slots=True)
class _Seen:
    signature: Signature
    first_seen: float
    received: float
    unchanged_since: float
    state: State = State.NEW
    probe: Probe | None = None
    not_before: float = 0.0
    """Monotonic clock: could not be claimed, so not tried again until then."""
    attempts: int = 0
    """So often it could not be claimed."""


@dataclass(frozen=True)
class Rules:
    """When a file counts as finished."""

    settle_seconds: float
    """Unchanged for so long."""
    patience_seconds: float
    """An unfinished file that does not change is taken all the same after so long, and will be refused."""
    leases: bool = True
    """Whether the disk knows who writes; without that nothing is taken at first sight."""


class Inbox:
    """Follows the files below a folder from first sight until they are claimed."""

    def __init__(
        self,
        folder: str,
        rules: Rules,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._rules = rules
        self._clock = clock
        self._wall = wall
        self._seen: dict[str, _Seen] = {}
        self._ready: deque[str] = deque()
        self.due = clock()
        """Monotonic clock when it is worth looking again though nothing was heard."""
        self.waiting = 0
        """Files in the folder at the last look, but for those with a temporary name."""
        self.ignored = 0
        """Files with a temporary name at the last look."""
        self.stuck = 0
        """Files that could not be claimed, and were still there at the last look."""

    @property
    def ready(self) -> int:
        return len(self._ready)

    def oldest_seconds(self) -> float:
        """Return for how long the oldest file that we follow has been waiting."""
        now = self._clock()
        return max((now - seen.first_seen for seen in self._seen.values()), default=0.0)

    def look(self) -> None:
        """List the folder, and move every file that is settled to the ready ones."""
        now, wall = self._clock(), self._wall()
        kept: dict[str, _Seen] = {}
        young = waiting = 0
        self.ignored = 0
        for name in self._listing():
            waiting += 1
            seen = self._seen.get(name)
            if seen is None and young >= WINDOW:
                continue
            try:
                seen = self._judge(name, seen, now, wall)
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ENAMETOOLONG):
                    raise
                waiting -= 1
                continue
            kept[name] = seen
            young += seen.state is not State.WAITING
        self._seen = kept
        self.waiting = waiting
        self.stuck = sum(seen.attempts > 0 for seen in kept.values())
        self.due = now if waiting > len(kept) else min(map(self._due, kept.values(), repeat(now)), default=math.inf)

    def take(self, count: int) -> list[Arrival]:
        """Return up to so many settled files; each has just been looked at once more, and none is returned twice."""
        taken: list[Arrival] = []
        while self._ready and len(taken) < count:
            name = self._ready.popleft()
            seen = self._seen.get(name)
            if seen is None or seen.state is not State.READY:
                continue
            try:
                unchanged = signature(os.path.join(self._folder, name)) == seen.signature
            except OSError:
                unchanged = False
            if unchanged:
                taken.append(Arrival(name, seen.signature, seen.received, seen.first_seen))
            else:
                seen.state = State.NEW
        return taken

    def put_back(self, arrivals: Sequence[Arrival]) -> None:
        """These were taken, but nothing was done with them: they are ready still."""
        for arrival in reversed(arrivals):
            self._ready.appendleft(arrival.name)

    def forget(self, names: Iterable[str]) -> None:
        """These are claimed: whatever turns up under their names is another arrival."""
        for name in names:
            if self._seen.pop(name, None) is not None:
                self.waiting = max(self.waiting - 1, 0)

    def give_back(self, names: Iterable[str]) -> list[str]:
        """These could not be claimed: they are offered again, but not at once. Return those given back a first time."""
        fresh = []
        for name in names:
            seen = self._seen.get(name)
            if seen is None:
                continue
            if not seen.attempts:
                fresh.append(name)
            seen.state = State.WAITING
            seen.not_before = self._clock() + min(RETRY_SECONDS * 2**seen.attempts, LONGEST_RETRY_SECONDS)
            seen.attempts = min(seen.attempts + 1, 10)
        return fresh

    def _listing(self) -> Iterator[str]:
        """Names only, relative to the folder; no file is touched."""
        folders = [""]
        while folders:
            below = folders.pop()
            try:
                entries = os.scandir(os.path.join(self._folder, below))
            except FileNotFoundError:
                if not below:
                    raise
                continue
            except OSError:
                if not below:
                    raise
                continue  # a sender's folder that we may not list: its files are not ours to see
            with entries:
                for entry in entries:
                    if is_temporary(entry.name):
                        self.ignored += 1
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(os.path.join(below, entry.name))
                    else:
                        yield os.path.join(below, entry.name) if below else entry.name

    def _judge(self, name: str, seen: _Seen | None, now: float, wall: float) -> _Seen:
        if seen is not None and seen.state is State.READY:
            return seen
        path = os.path.join(self._folder, name)
        found = signature(path)
        if seen is None:
            seen = _Seen(found, first_seen=now, received=wall, unchanged_since=now)
        elif found != seen.signature:
            seen.signature, seen.unchanged_since, seen.state, seen.probe = found, now, State.NEW, None
        if self._is_settled(path, seen, now):
            seen.state = State.READY
            self._ready.append(name)
        return seen

    def _due(self, seen: _Seen, now: float) -> float:
        if seen.state is State.READY:
            return math.inf
        if seen.state is State.WAITING:
            return max(now + self._rules.settle_seconds, seen.not_before)
        return seen.unchanged_since + self._rules.settle_seconds

    def _is_settled(self, path: str, seen: _Seen, now: float) -> bool:
        unchanged_seconds = now - seen.unchanged_since
        old_enough = unchanged_seconds >= self._rules.settle_seconds
        if now < seen.not_before:
            return False
        if not seen.signature.is_plain or seen.signature.links != 1:
            return old_enough
        # Unknown means that only time shows, cut off that it must change first: neither is worth another look inside.
        if seen.signature.size_bytes and seen.probe not in (Probe.UNKNOWN, Probe.CUT_OFF):
            seen.probe = probe(path, seen.signature, leases=self._rules.leases)
        if seen.probe is Probe.COMPLETE:
            return True
        if not old_enough:
            return False
        if seen.probe in (Probe.UNKNOWN, None):
            # At first sight it may have changed under our eyes: ask once more, now that it is calm.
            seen.probe = probe(path, seen.signature, leases=self._rules.leases)
        if seen.probe in (Probe.HELD, Probe.CUT_OFF, Probe.UNREADABLE):
            seen.state = State.WAITING
            return unchanged_seconds >= self._rules.patience_seconds
        return True
