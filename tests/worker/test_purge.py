"""Purge: what is old goes, the books still balance, and a purge that breaks off is ended by the next."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worker.stand import Stand
from tests.worker.test_crashes import Crash, Faults
from worker import durable
from worker.ledger import Ledger
from worker.purge import due, purge
from worker.requeue import requeue
from xray.errors import SetupError

LATER = time.time() + 10_000


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = filled(tmp_path)
    yield stand
    stand.close()


def filled(root: Path) -> Stand:
    stand = Stand(root)
    stand.drop("good.png", b"good")
    stand.drop("bad.png", b"bad")
    stand.turn_until_idle()
    return stand


def remove(stand: Stand, before: float = LATER, *, results: bool = False) -> list[int]:
    told: list[int] = []
    purge(stand.folders.root, stand.ledger, before, results=results, progress=told.append)
    return told


def files(*folders: Path) -> int:
    return sum(path.is_file() for folder in folders for path in folder.rglob("*"))


def test_sources_go_results_stay_and_the_audit_holds(stand: Stand) -> None:
    assert due(stand.ledger, LATER, results=False).sources == 2
    assert remove(stand) == [2]
    assert files(stand.folders.done, stand.folders.quarantine) == 0
    assert files(stand.folders.results) == 2
    report = stand.audit()
    assert (report.answered, report.refused, report.purged, report.faults) == (1, 1, 2, [])
    assert remove(stand) == []


def test_what_is_young_stays(stand: Stand) -> None:
    assert remove(stand, time.time() - 3600) == []
    assert files(stand.folders.done, stand.folders.quarantine) == 2


def test_results_go_when_asked_and_the_names_with_them(stand: Stand) -> None:
    remove(stand, results=True)
    assert files(stand.folders.results, stand.folders.done, stand.folders.quarantine) == 0
    assert {name for (name,) in stand.ledger.rows("SELECT name FROM file")} == {b""}
    report = stand.audit()
    assert (report.answered, report.refused, report.faults) == (1, 1, [])


def test_the_same_bytes_after_a_purge_are_answered_anew(stand: Stand) -> None:
    remove(stand, results=True)
    stand.drop("again.png", b"good")
    stand.turn_until_idle()
    (path,) = stand.folders.results.rglob("*.json")
    found = json.loads(path.read_text())
    assert found["duplicate_of"] is not None
    assert found["scores"]
    assert stand.audit().faults == []


def test_a_purged_file_that_is_back_is_a_fault(stand: Stand) -> None:
    (kept,) = stand.folders.done.iterdir()
    content = kept.read_bytes()
    remove(stand)
    kept.write_bytes(content)
    assert stand.audit().faults == ["a file in done belongs to no row of the ledger"]


def test_what_was_purged_cannot_be_requeued_and_what_was_requeued_is_not_purged(stand: Stand) -> None:
    rows = dict(stand.ledger.rows("SELECT outcome, id FROM file"))
    requeue(stand.folders.root, stand.ledger, rows["answered"], "01Z00000000000000000000001", 5.0)
    assert remove(stand) == [1]
    with pytest.raises(SetupError, match="purged"):
        requeue(stand.folders.root, stand.ledger, rows["refused"], "01Z00000000000000000000002", 5.0)
    stand.pipeline.take_requeued()
    stand.turn_until_idle()
    report = stand.audit()
    assert (report.answered, report.refused, report.faults) == (2, 1, [])


def test_a_file_that_may_not_be_removed_is_told_and_stays_due(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", refuse)
        with pytest.raises(SetupError, match="worker's"):
            remove(stand)
    assert stand.audit().faults == []
    assert remove(stand) == [2]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_purge_that_breaks_off_anywhere_is_ended_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    for at in range(100):
        stand = filled(tmp_path / str(at))
        faults = Faults(at, Crash(), after=after)
        with monkeypatch.context() as patch:
            for owner, name in ((os, "unlink"), (durable, "sync_all"), (Ledger, "transaction")):
                patch.setattr(owner, name, faults(getattr(owner, name)))
            with contextlib.suppress(Crash):
                remove(stand, results=True)
        assert stand.audit().faults == []
        remove(stand, results=True)
        assert stand.audit().faults == []
        assert files(stand.folders.results, stand.folders.done, stand.folders.quarantine) == 0
        stand.close()
        if not faults.struck:
            assert at > 6
            return
    raise AssertionError("no end")
