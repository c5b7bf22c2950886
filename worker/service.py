"""The whole worker, put together: what `run` and `once` start, and what they end."""

import contextlib
import itertools
import logging
import os
import time
from collections import Counter
from collections.abc import Callable

from prometheus_client import CollectorRegistry

import xray
from worker import folders as layout
from worker import model as models
from worker.folders import Folders
from worker.health import Health
from worker.lock import Lock, Note
from worker.loop import Returned
from worker.metrics import Metrics
from worker.model import Model
from worker.result import timestamp
from worker.serving import Summary, serve
from worker.settings import Settings
from worker.wake import Wake
from xray.errors import SetupError

log = logging.getLogger(__name__)

_STANDBY_SECONDS = 1.0


def run(settings: Settings, wake: Wake, say: Callable[[str], None]) -> Summary:
    """Serve a folder until asked to stop.

    Raises:
        SetupError: Something that a person must mend first.
    """
    model = models.load(settings.model, settings.operating_point)
    metrics, health = Metrics(CollectorRegistry()), Health()
    metrics.serve(model, xray.__version__)
    outcomes: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        web = False
        for time_around in itertools.count():
            folders = layout.prepare(settings.root, settings.ledger)
            with contextlib.closing(Lock(folders.root)) as lock:
                ours = lock.take()
                health.standby = not ours
                web = web or _web(settings, folders, model, metrics, health, stack, optional=not ours)
                if not ours and not _stand_by(lock, wake, health, metrics, say):
                    return Summary(dict(outcomes), 0)
                web = web or _web(settings, folders, model, metrics, health, stack, optional=False)
                lock.sign(_note(settings.listen, model))
                if not time_around:
                    _greet(settings, folders, model, say)
                try:
                    return serve(settings, folders, model, metrics, health, wake, lock, outcomes)
                except Returned:
                    _begin_anew()
    raise AssertionError  # `count` does not end


def once(settings: Settings, wake: Wake, progress: Callable[[int, int], None]) -> Summary:
    """Answer what is there, and end.

    Args:
        settings: As for `run`; patience does not count.
        wake: To stop early.
        progress: Told now and then how many files have a result, and how many are still to come.

    Raises:
        SetupError: Something that a person must mend first, or a worker runs on this root already.
    """
    model = models.load(settings.model, settings.operating_point)
    metrics, outcomes = Metrics(CollectorRegistry()), Counter[str]()
    while True:
        folders = layout.prepare(settings.root, settings.ledger)
        with contextlib.closing(Lock(folders.root)) as lock:
            if not lock.take():
                raise SetupError(
                    f"a worker already serves {folders.root}; drop the files and let it answer, or stop it first"
                )
            lock.sign(_note("", model))
            try:
                return serve(settings, folders, model, metrics, Health(), wake, lock, outcomes, progress=progress)
            except Returned:
                _begin_anew()


def _begin_anew() -> None:
    log.warning("the drop folder was away, or its lock or ledger was replaced: beginning anew with what lies there")


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
