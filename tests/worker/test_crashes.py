"""Whatever step is the last one before a crash, every file ends up with exactly one result."""

import contextlib
import errno
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.worker.stand import Stand
from worker import durable

FILES = {"a.png": b"good 1", "b.png": b"bad", "c.png": b"good 2", "d.png": b"good 1"}


class Crash(BaseException):
    """The process ends here."""


class Faults:
    """Counts the steps that touch the disk, and fails at one of them, before or after it is carried out."""

    def __init__(self, at: int, error: BaseException, *, after: bool) -> None:
        self._steps = itertools.count()
        self._at, self._error, self._after = at, error, after
        self.struck = False

    def __call__(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def carried_out(*given: Any) -> Any:
            here = next(self._steps) == self._at
            if here and not self._after:
                self.struck = True
                raise self._error
            result = step(*given)
            if here:
                self.struck = True
                raise self._error
            return result

        return carried_out

    def into(self, stand: Stand, patch: pytest.MonkeyPatch) -> None:
        for owner, name in (
            (stand.ledger, "commit"),
            (stand.publisher, "claim"),
            (stand.publisher, "write"),
            (stand.publisher, "place"),
            (durable, "sync"),
        ):
            patch.setattr(owner, name, self(getattr(owner, name)))


def _check(stand: Stand) -> None:
    report = stand.audit()
    assert report.faults == []
    assert (report.answered, report.refused, report.in_hand, report.waiting) == (3, 1, 0, 0)
    assert sum(1 for _ in stand.folders.results.rglob("*.json")) == len(FILES)
    assert not list(stand.folders.work.iterdir())


def _roots(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    for at in itertools.count():
        yield at, tmp_path / str(at)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_step_costs_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    for at, root in _roots(tmp_path):
        faults = Faults(at, Crash(), after=after)
        stand = Stand(root)
        for name, content in FILES.items():
            stand.drop(name, content)
        with monkeypatch.context() as patch:
            faults.into(stand, patch)
            with contextlib.suppress(Crash):
                stand.turn_until_idle()
        stand.close()
        restarted = Stand(root)
        restarted.recover()
        restarted.turn_until_idle()
        _check(restarted)
        restarted.close()
        if not faults.struck:
            assert at > 15
            return


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["disk full", "disk error"])
def test_an_error_at_any_step_is_made_good_by_the_next_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    for at, root in _roots(tmp_path):
        faults = Faults(at, OSError(number, "injected"), after=False)
        stand = Stand(root)
        for name, content in FILES.items():
            stand.drop(name, content)
        with monkeypatch.context() as patch:
            faults.into(stand, patch)
            with contextlib.suppress(OSError):
                stand.turn_until_idle()
            stand.turn_until_idle()
        _check(stand)
        stand.close()
        if not faults.struck:
            assert at > 15
            return


def test_a_decision_waits_until_the_claim_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand = Stand(tmp_path)
    stand.drop("a.png")
    with monkeypatch.context() as patch:
        patch.setattr(stand.publisher, "write", lambda publication: None)
        patch.setattr(durable, "sync", _broken)
        with pytest.raises(OSError, match="injected"):
            stand.turn()
        with pytest.raises(OSError, match="injected"):
            stand.turn()
        assert list(stand.ledger.rows("SELECT state FROM file")) == [("intent",)]
    stand.turn_until_idle()
    assert list(stand.ledger.rows("SELECT state FROM file")) == [("closed",)]
    stand.close()


def _broken(paths: Any, anchor: int) -> None:
    raise OSError(errno.EMFILE, "injected")
