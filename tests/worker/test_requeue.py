"""Requeue: a file is read again, once, whatever happens meanwhile."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worker.stand import Stand
from tests.worker.test_crashes import Crash, Faults
from worker.requeue import requeue
from xray.errors import SetupError

NEW = ("01Z00000000000000000000001", "01Z00000000000000000000002")


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(tmp_path)
    stand.drop("good.png", b"good")
    stand.drop("bad.png", b"bad")
    stand.turn_until_idle()
    yield stand
    stand.close()


def results(stand: Stand) -> dict[str, dict[str, object]]:
    found = [json.loads(path.read_text()) for path in stand.folders.results.rglob("*.json")]
    return {one["id"]: one for one in found}


def ids(stand: Stand) -> tuple[str, str]:
    """Return the ids of the good and the bad one."""
    good, bad = sorted(results(stand).values(), key=lambda one: str(one["outcome"]))
    return str(good["id"]), str(bad["id"])


def ask(stand: Stand, old: str, new: str = NEW[0]) -> str:
    return requeue(stand.folders.root, stand.ledger, old, new, 5.0)


def work_off(stand: Stand) -> None:
    stand.pipeline.take_requeued()
    stand.turn_until_idle()


def test_a_revision_names_what_it_revises_and_the_old_result_stays(stand: Stand) -> None:
    good, bad = ids(stand)
    before = results(stand)
    ask(stand, good)
    ask(stand, bad, NEW[1])
    work_off(stand)
    after = results(stand)
    assert {id: after[id] for id in before} == before
    assert [after[id]["revision_of"] for id in NEW] == [good, bad]
    assert after[NEW[0]]["source"]["name"] == "good.png"  # type: ignore[index]
    assert after[NEW[0]]["duplicate_of"] is None
    report = stand.audit()
    assert (report.answered, report.refused, report.faults) == (2, 2, [])
    assert [path.stem for path in stand.folders.done.iterdir()] == [NEW[0]]
    assert not (stand.folders.quarantine / "damaged" / f"{bad}.bin").exists()


def test_a_mended_file_in_quarantine_is_answered(stand: Stand) -> None:
    _, bad = ids(stand)
    (stand.folders.quarantine / "damaged" / f"{bad}.bin").write_bytes(b"good now")
    ask(stand, bad)
    work_off(stand)
    assert results(stand)[NEW[0]]["outcome"] == "answered"
    assert stand.audit().faults == []


def test_each_is_requeued_once_and_its_revision_can_be_again(stand: Stand) -> None:
    good, _ = ids(stand)
    ask(stand, good)
    with pytest.raises(SetupError, match=NEW[0]):
        ask(stand, good, NEW[1])
    with pytest.raises(SetupError, match="in hand"):
        ask(stand, NEW[0], NEW[1])
    work_off(stand)
    ask(stand, NEW[0], NEW[1])
    work_off(stand)
    assert results(stand)[NEW[1]]["revision_of"] == NEW[0]
    assert results(stand)[NEW[1]]["duplicate_of"] is None
    stand.drop("again.png", b"good")
    stand.turn_until_idle()
    assert next(one for one in results(stand).values() if one["source"]["name"] == "again.png")["duplicate_of"] == good  # type: ignore[index]
    assert stand.audit().faults == []


@pytest.mark.parametrize(
    ("id", "said"),
    [("../../etc/passwd", "not an id"), ("01Z00000000000000000000009", "no such file")],
)
def test_what_is_not_there_is_told_in_a_sentence(stand: Stand, id: str, said: str) -> None:
    with pytest.raises(SetupError, match=said):
        ask(stand, id)


def test_a_file_that_somebody_removed_cannot_be_requeued(stand: Stand) -> None:
    good, bad = ids(stand)
    ask(stand, bad)
    for folder in (stand.folders.done, stand.folders.quarantine / "damaged"):
        for path in folder.iterdir():
            path.unlink()
    with pytest.raises(SetupError, match="send it again"):
        ask(stand, good, NEW[1])
    work_off(stand)  # asked while it was there: the row goes again
    assert set(results(stand)) == {good, bad}
    stand.pipeline.take_requeued()
    assert not stand.pipeline.busy


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_step_costs_and_doubles_no_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    for at in range(100):
        stand = Stand(tmp_path / str(at))
        stand.drop("good.png", b"good")
        stand.turn_until_idle()
        (old,) = results(stand)
        ask(stand, old)
        faults = Faults(at, Crash(), after=after)
        with monkeypatch.context() as patch:
            faults.into(stand, patch)
            with contextlib.suppress(Crash):
                work_off(stand)
        stand.close()
        again = Stand(tmp_path / str(at))
        again.recover()
        work_off(again)
        assert {id: one["revision_of"] for id, one in results(again).items()} == {old: None, NEW[0]: old}
        assert (again.audit().answered, again.audit().faults, again.pipeline.in_hand) == (2, [], 0)
        assert len(list(again.folders.done.iterdir())) == 1
        again.close()
        if not faults.struck:
            assert at > 5
            return
    raise AssertionError("no end")
