"""The whole worker, put together: what `run` and `once` start, and what they end."""

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

import xray
from worker import folders as layout
from worker import model as models
from worker.engine import ENGINES, Engine
from worker.folders import Folders
from worker.health import Health
from worker.inbox import Inbox, Rules
from worker.ledger import Ledger
from worker.lock import Lock, Note
from worker.loop import Loop
from worker.metrics import Metrics
from worker.model import Model
from worker.pauses import Pause
from worker.permission import obstacle
from worker.pipeline import Pipeline
from worker.promise import Promises
from worker.publish import Publisher
from worker.recovery import recover
from worker.result import timestamp
from worker.settings import Settings
from worker.wake import Wake
from worker.watch import Watch
from xray.errors import SetupError

log = logging.getLogger(__name__)

_STANDBY_SECONDS = 1.0
_ONCE_QUIET_SECONDS = 10.0
"""`once` leaves files that somebody is still writing after so long without any progress."""


@dataclass(frozen=True)
class Summary:
    """What a run did."""

    outcomes: dict[str, int]
    """Files by reason; the empty reason is an answer."""
    left: int
    """Files still in incoming."""


def run(settings: Settings, wake: Wake, say: Callable[[str], None]) -> Summary:
    """Serve a folder until asked to stop.

    Raises:
        SetupError: Something that a person must mend first.
    """
    folders = layout.prepare(settings.root, settings.ledger)
    model = models.load(settings.model, settings.operating_point)
    metrics, health = Metrics(CollectorRegistry()), Health()
    metrics.serve(model, xray.__version__)
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context(contextlib.closing(Lock(folders.root)))
        ours = lock.take()
        health.standby = not ours
        web = _web(settings, folders, model, metrics, health, stack, optional=not ours)
        if not ours and not _stand_by(lock, wake, health, metrics, say):
            return Summary({}, 0)
        if not ours and not web:
            _web(settings, folders, model, metrics, health, stack, optional=False)
        lock.sign(_note(settings.listen, model))
        return _serve(settings, folders, model, metrics, health, wake, lambda: _greet(settings, folders, model, say))


def once(settings: Settings, wake: Wake, progress: Callable[[int, int], None]) -> Summary:
    """Answer what is there, and end.

    Args:
        settings: As for `run`; patience does not count.
        wake: To stop early.
        progress: Told now and then how many files have a result, and how many are still to come.

    Raises:
        SetupError: Something that a person must mend first, or a worker runs on this root already.
    """
    folders = layout.prepare(settings.root, settings.ledger)
    model = models.load(settings.model, settings.operating_point)
    with contextlib.closing(Lock(folders.root)) as lock:
        if not lock.take():
            raise SetupError(
                f"a worker already serves {folders.root}; drop the files and let it answer, or stop it first"
            )
        lock.sign(_note("", model))
        return _serve(settings, folders, model, Metrics(CollectorRegistry()), Health(), wake, progress=progress)


def _serve(
    settings: Settings,
    folders: Folders,
    model: Model,
    metrics: Metrics,
    health: Health,
    wake: Wake,
    greet: Callable[[], None] = lambda: None,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
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
        )
        recover(folders, ledger, pipeline, anchor, time.monotonic())
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
        )
        greet()
        log.info("process %s serves this folder", os.getpid())
        try:
            loop.run(_Exhausted(inbox, pipeline, engine, progress) if progress else lambda: False)
        finally:
            watch.stop()
        return Summary(pipeline.outcomes, inbox.waiting)


@contextlib.contextmanager
def _started(settings: Settings, folders: Folders, model: Model, wake: Wake) -> Iterator[tuple[Engine, Ledger, int]]:
    """Start the engine first: its children load the model while the parent recovers."""
    engine = ENGINES["local"](settings, model.content, str(folders.work), wake.set)
    try:
        with contextlib.closing(Ledger(settings.ledger)) as ledger:
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


def _stand_by(lock: Lock, wake: Wake, health: Health, metrics: Metrics, say: Callable[[str], None]) -> bool:
    """Wait for the lock; False when asked to stop before it came."""
    say("Another worker serves this folder. Standing by to take over when it ends.")
    metrics.standby.set(1)
    health.standby = True
    while not wake.stopping:
        health.beat()
        if lock.take():
            say("The other worker has ended. Taking over.")
            metrics.standby.set(0)
            health.standby = False
            return True
        wake.wait(_STANDBY_SECONDS)
    return False


def _web(
    settings: Settings,
    folders: Folders,
    model: Model,
    metrics: Metrics,
    health: Health,
    stack: contextlib.ExitStack,
    *,
    optional: bool,
) -> bool:
    """Start the web server, to be stopped with the stack. A stand-by may find the port taken by the one it waits for."""
    if not settings.listen:
        return True
    from worker.web.app import Shown, make
    from worker.web.server import Server, bind

    try:
        listener = bind(settings.listen)
    except SetupError:
        if optional:
            return False
        raise
    facts = {"Drop files into": str(folders.incoming), "Results appear in": str(folders.results), "Model": _name(model)}
    server = Server(make(Shown(metrics.registry, health, facts)), listener)
    stack.callback(server.stop)
    return True


def _greet(settings: Settings, folders: Folders, model: Model, say: Callable[[str], None]) -> None:
    say(f"Lungwatch {xray.__version__} · model {_name(model)}")
    say(f"  Drop files into     {folders.incoming}")
    say(f"  Results appear in   {folders.results}")
    if settings.listen:
        say(f"  Page and metrics    http://{settings.listen}/  http://{settings.listen}/metrics")
    say("Not a medical device. Its answers are not for diagnosis. Ctrl-C stops it.")


def _note(listen: str, model: Model) -> Note:
    return Note(os.getpid(), listen, _name(model), timestamp(time.time()))


def _name(model: Model) -> str:
    return f"{model.name} {model.version} ({model.profile}, sha256 {model.sha256[:12]})"
