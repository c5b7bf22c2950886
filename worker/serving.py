"""One stretch of serving a folder: from a lock that is ours to its end."""

import contextlib
import logging
import math
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from worker.engine import ENGINES, Engine
from worker.folders import Folders
from worker.health import Health
from worker.inbox import Inbox, Rules
from worker.ledger import Ledger
from worker.lock import Lock
from worker.loop import Loop, Returned
from worker.metrics import Metrics
from worker.model import Model
from worker.pauses import Pause
from worker.permission import obstacle
from worker.pipeline import Pipeline
from worker.promise import Promises
from worker.publish import Publisher
from worker.recovery import recover
from worker.settings import Settings
from worker.wake import Wake
from worker.watch import Watch
from xray.errors import SetupError

log = logging.getLogger(__name__)

_ONCE_QUIET_SECONDS = 10.0
"""`once` leaves files that somebody is still writing after so long without any progress."""


@dataclass(frozen=True)
class Summary:
    """What a run did."""

    outcomes: dict[str, int]
    """Files by reason; the empty reason is an answer."""
    left: int
    """Files still in incoming."""


def serve(
    settings: Settings,
    folders: Folders,
    model: Model,
    metrics: Metrics,
    health: Health,
    wake: Wake,
    lock: Lock,
    outcomes: Counter[str],
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Recover, then serve until asked to stop; with `progress`, until all that is there is answered.

    Raises:
        SetupError: Something that a person must mend first.
        Returned: The folder was away: call again, with everything made anew. `outcomes` goes on counting.
    """
    with _started(settings, folders, model, wake) as (engine, ledger, anchor):
        patience = settings.patience_seconds if progress is None else 0.0
        rules = Rules(settings.settle_seconds, patience, leases=folders.network is None)
        inbox = Inbox(str(folders.incoming), rules)
        publisher = Publisher(folders.root)
        pipeline = Pipeline(
            ledger=ledger,
            engine=engine,
            inbox=inbox,
            promises=Promises(ledger, model, folders.root, time.time, identity=settings.identity),
            publisher=publisher,
            metrics=metrics,
            anchor=anchor,
            settle_seconds=settings.settle_seconds,
            patience_seconds=patience,
            leases=rules.leases,
        )

        def identity() -> tuple[int, int]:
            found = folders.identity()
            if not (lock.holds and ledger.in_place):
                raise Returned
            return found

        def take_up() -> None:
            recover(folders, ledger, pipeline, anchor, time.monotonic())
            log.info("process %s serves this folder", os.getpid())

        watch = Watch(folders.incoming, wake, polling=folders.network is not None)
        if folders.network:
            log.warning("the drop folder is on %s, which gives no events: it is polled", folders.network)
        if trouble := obstacle(folders.incoming):
            log.warning("others' files cannot be moved: %s", trouble)
        loop = Loop(
            folders=folders,
            inbox=inbox,
            pipeline=pipeline,
            engine=engine,
            watch=watch,
            wake=wake,
            health=health,
            metrics=metrics,
            rescan_seconds=settings.rescan_seconds,
            drain_seconds=settings.drain_seconds,
            pause_limit_seconds=math.inf if progress is None else _ONCE_QUIET_SECONDS,
            identity=identity,
            recover=take_up,
        )
        try:
            loop.run(_Exhausted(inbox, pipeline, engine, progress) if progress else lambda: False)
        except Returned:
            if not wake.stopping:
                raise
        finally:
            watch.stop()
            outcomes.update(pipeline.outcomes)
        return Summary(dict(outcomes), inbox.waiting)


@contextlib.contextmanager
def _started(settings: Settings, folders: Folders, model: Model, wake: Wake) -> Iterator[tuple[Engine, Ledger, int]]:
    """Start the engine first: its children load the model while the parent recovers."""
    engine = ENGINES["local"](settings, model.content, str(folders.work), wake.set)
    try:
        with contextlib.closing(Ledger(settings.ledger, check=True)) as ledger:
            anchor = os.open(folders.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                yield engine, ledger, anchor
            finally:
                os.close(anchor)
    finally:
        engine.stop()


class _Exhausted:
    """Tells `once` when nothing more will come."""

    def __init__(self, inbox: Inbox, pipeline: Pipeline, engine: Engine, progress: Callable[[int, int], None]) -> None:
        self._inbox, self._pipeline, self._engine, self._progress = inbox, pipeline, engine, progress
        self._done = -1
        self._since = time.monotonic()

    def __call__(self) -> bool:
        done = sum(self._pipeline.outcomes.values())
        if done != self._done:
            self._done, self._since = done, time.monotonic()
            self._progress(done, self._inbox.waiting + self._pipeline.in_hand)
        quiet = time.monotonic() - self._since > _ONCE_QUIET_SECONDS
        if quiet and self._engine.trouble is Pause.NO_READER:
            raise SetupError(
                "no reader process can be started; --log-level debug and the memory and process limits of this machine "
                f"may say why. {self._pipeline.in_hand} files in hand are taken up by the next start"
            )
        return not self._inbox.waiting or quiet
