"""When the loop looks and when it ends, with a clock that only waiting and slow looks move."""

import importlib
import time
from pathlib import Path
from typing import Any

import pytest

from tests.worker.stand import Clock, Stand
from worker import service, serving
from worker.health import Health
from worker.inbox import Inbox, Rules
from worker.loop import Loop
from worker.settings import Settings
from worker.wake import Wake
from xray.errors import SetupError


class SleepingWake:
    """Waiting takes no time of ours, only the clock's; news end it at once."""

    stopping = False

    def __init__(self, clock: Clock, ears: "Ears") -> None:
        self._clock, self._ears = clock, ears

    def wait(self, seconds: float) -> bool:
        self._clock.now += 0.01 if self._ears.heard else max(seconds, 0.001)
        return self._ears.heard


class Ears:
    """A watch that hears something when it is told to."""

    heard = True

    def tie(self, identity: tuple[int, int]) -> None:
        pass

    def stirred(self) -> bool:
        heard, self.heard = self.heard, False
        return heard


class SlowInbox(Inbox):
    """Looking takes as long as `seconds` say, one for each look; the last one for all that follow."""

    def __init__(self, stand: Stand, seconds: list[float]) -> None:
        super().__init__(str(stand.folders.incoming), Rules(0.0, 0.0), stand.clock)
        self._stand = stand
        self.looks: list[float] = []
        self._seconds = seconds

    def look(self) -> None:
        self.looks.append(self._stand.clock.now)
        super().look()
        self._stand.clock.now += self._seconds.pop(0) if len(self._seconds) > 1 else self._seconds[0]


def looks(root: Path, seconds: list[float], *, news_after: int, turns: int = 40) -> list[float]:
    """Return when the loop looked, with a piece of news after each so many turns."""
    stand = Stand(root)
    inbox, ears, turned = SlowInbox(stand, seconds), Ears(), 0

    def finished() -> bool:
        nonlocal turned
        turned += 1
        ears.heard |= turned % news_after == 0
        return turned >= turns

    given: dict[str, Any] = {"watch": ears, "wake": SleepingWake(stand.clock, ears), "inbox": inbox}
    loop = Loop(
        folders=stand.folders,
        pipeline=stand.pipeline,
        engine=stand.engine,
        health=Health(),
        metrics=stand.metrics,
        rescan_seconds=1000,
        drain_seconds=1,
        identity=stand.folders.identity,
        recover=stand.recover,
        clock=stand.clock,
        **given,
    )
    loop.run(finished)
    stand.close()
    return inbox.looks


def test_one_look_that_was_held_up_does_not_put_off_the_next(tmp_path: Path) -> None:
    first, second = looks(tmp_path, [0.15, 0.001], news_after=1)[:2]
    assert second - first < 0.2


def test_looks_that_are_always_slow_take_a_tenth_of_the_time(tmp_path: Path) -> None:
    times = looks(tmp_path, [0.15], news_after=1, turns=3000)
    assert times[2] - times[1] > 1.4


def test_once_ends_where_no_reader_can_be_started(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = importlib.import_module("worker.engine.local")

    def broken(settings: Settings, model: bytes, work: str, wake: Any) -> Any:
        return local.LocalEngine(settings, model, work, wake, ("false",))

    monkeypatch.setitem(serving.ENGINES, "local", broken)
    monkeypatch.setattr("worker.serving._ONCE_QUIET_SECONDS", 0.5)
    settings = Settings(tmp_path / "root", tiny_model, tmp_path / "ledger.sqlite", 1, listen="", settle_seconds=0.0)
    (tmp_path / "root" / "incoming").mkdir(parents=True)
    (tmp_path / "root" / "incoming" / "a").write_text("text")
    started = time.monotonic()
    with pytest.raises(SetupError, match="1 files in hand are taken up by the next start"):
        service.once(settings, Wake(), lambda done, waiting: None)
    assert time.monotonic() - started < 30


class GoneInbox(Inbox):
    """A folder that cannot be listed."""

    def look(self) -> None:
        raise PermissionError(13, "Permission denied")


def test_once_does_not_wait_for_a_pause_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand, ears = Stand(tmp_path), Ears()
    monkeypatch.setattr(
        "worker.loop.time.sleep", lambda seconds: setattr(stand.clock, "now", stand.clock.now + seconds)
    )
    given: dict[str, Any] = {"watch": ears, "wake": SleepingWake(stand.clock, ears)}
    loop = Loop(
        folders=stand.folders,
        inbox=GoneInbox(str(stand.folders.incoming), Rules(0.0, 0.0), stand.clock),
        pipeline=stand.pipeline,
        engine=stand.engine,
        health=Health(),
        metrics=stand.metrics,
        rescan_seconds=1000,
        drain_seconds=1,
        pause_limit_seconds=10,
        identity=stand.folders.identity,
        recover=stand.recover,
        clock=stand.clock,
        **given,
    )
    with pytest.raises(SetupError, match="not_permitted; mend that"):
        loop.run()
    stand.close()
