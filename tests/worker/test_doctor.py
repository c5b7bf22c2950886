"""The doctor makes a ledger anew from the folders, and a damaged one is never worked with."""

import contextlib
import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.running import Running
from tests.worker.stand import Stand
from tests.worker.test_crashes import FILES, Crash, Faults
from worker.doctor import Rebuilt, rebuild
from worker.ledger import Ledger
from worker.names import escape, unescape
from worker.requeue import requeue
from xray.errors import SetupError


def lose(root: Path) -> None:
    for path in root.glob("ledger.sqlite*"):
        path.unlink()


def overwrite(root: Path) -> None:
    path = root / "ledger.sqlite"
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content), 512):
        content[start : start + 64] = os.urandom(64)
    path.write_bytes(content)


def overwrite_the_head(root: Path) -> None:
    path = root / "ledger.sqlite"
    path.write_bytes(os.urandom(4096) + path.read_bytes()[4096:])


def cut_off(root: Path) -> None:
    path = root / "ledger.sqlite"
    os.truncate(path, path.stat().st_size // 2)


def empty(root: Path) -> None:
    os.truncate(root / "ledger.sqlite", 0)


DAMAGES = (lose, overwrite, overwrite_the_head, cut_off, empty)


def served(root: Path) -> None:
    """Leave a root in which four files were given a result."""
    stand = Stand(root)
    for name, content in FILES.items():
        stand.drop(name, content)
    stand.turn_until_idle()
    stand.close()


def mend(root: Path) -> Rebuilt:
    stand_folders = Stand(root.with_name("other")).folders
    return rebuild(type(stand_folders)(root), root / "ledger.sqlite", 1e9)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_ledger_is_refused_by_name_and_made_anew_from_the_folders(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    root = tmp_path / "root"
    served(root)
    before = {path: path.read_bytes() for path in (root / "results").rglob("*.json")}
    damage(root)
    with pytest.raises(SetupError, match="doctor --rebuild"):
        start(root)
    report = mend(root)
    assert report.rows["closed"] == len(FILES)
    assert report.remarks == []
    stand = Stand(root)
    stand.recover()
    stand.drop("e.png", b"good 2")
    stand.turn_until_idle()
    found = stand.audit()
    assert (found.answered, found.refused, found.faults) == (4, 1, [])
    assert {path: path.read_bytes() for path in before} == before
    results = [json.loads(path.read_bytes()) for path in (root / "results").rglob("*.json")]
    (again,) = [one for one in results if one["source"]["name"] == "e.png"]
    assert again["duplicate_of"] == next(one["id"] for one in results if one["source"]["name"] == "c.png")
    stand.close()


def start(root: Path) -> None:
    """What a worker does first."""
    Ledger(root / "ledger.sqlite", check=True).close()
    stand = Stand(root)
    try:
        stand.recover()
    finally:
        stand.close()


@pytest.mark.parametrize("damage", [lose, overwrite])
def test_a_crash_at_any_step_and_then_no_ledger_cost_and_double_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    for at in itertools.count():
        root = tmp_path / str(at)
        faults = Faults(at, Crash(), after=False)
        stand = Stand(root)
        for name, content in FILES.items():
            stand.drop(name, content)
        with monkeypatch.context() as patch:
            faults.into(stand, patch)
            with contextlib.suppress(Crash):
                stand.turn_until_idle()
        stand.close()
        seen = {path: path.read_bytes() for path in (root / "results").rglob("*.json")}
        damage(root)
        mend(root)
        stand = Stand(root)
        stand.recover()
        stand.turn_until_idle()
        report = stand.audit()
        assert report.faults == []
        assert (report.answered, report.refused, report.in_hand, report.waiting) == (3, 1, 0, 0)
        assert {path: path.read_bytes() for path in seen} == seen
        assert not list((root / "work").iterdir())
        stand.close()
        if not faults.struck:
            return


def test_a_name_that_the_damaged_ledger_still_knows_is_kept(tmp_path: Path) -> None:
    root = tmp_path / "root"
    stand = Stand(root)
    stand.drop("folder/known.png", b"good")
    stand.turn()  # claimed
    stand.close()
    report = mend(root)
    assert report.rows["intent"] == 1
    stand = Stand(root)
    stand.recover()
    stand.turn_until_idle()
    (result,) = [json.loads(path.read_bytes()) for path in (root / "results").rglob("*.json")]
    assert result["source"]["name"] == "folder/known.png"
    stand.close()


def test_what_was_revised_or_purged_is_no_loss(tmp_path: Path) -> None:
    root = tmp_path / "root"
    served(root)
    stand = Stand(root)
    good, *_ = sorted(path.stem for path in stand.folders.done.iterdir())
    new = requeue(root, stand.ledger, good, "01Z00000000000000000000001", 5.0)
    stand.pipeline.take_requeued()
    stand.turn_until_idle()
    stand.close()
    gone = next(path for path in sorted(stand.folders.done.iterdir()) if path.stem != new)
    gone.unlink()
    report = mend(root)
    assert report.remarks == [f"{gone.stem}: its file is gone; taken as purged"]
    stand = Stand(root)
    found = stand.audit()
    assert (found.faults, found.purged) == ([], 1)
    stand.close()


def test_a_source_without_its_result_is_read_again(tmp_path: Path) -> None:
    root = tmp_path / "root"
    served(root)
    lost = next((root / "results").rglob("*.json"))
    lost.unlink()
    report = mend(root)
    assert report.remarks == [f"{lost.stem}: its result is gone; it is read again"]
    stand = Stand(root)
    stand.recover()
    stand.turn_until_idle()
    assert stand.audit().faults == []
    assert len(list((root / "results").rglob("*.json"))) == len(FILES)
    stand.close()


@given(st.binary(min_size=1, max_size=60))
def test_a_name_comes_back_from_what_is_written_in_a_result(raw: bytes) -> None:
    name = os.fsdecode(raw)
    assert unescape(escape(name)) == name


def test_the_command_refuses_beside_a_worker_and_mends_without(running: Running) -> None:
    from tests.worker.drawn import jpeg
    from tests.worker.running import command

    (running.incoming / "one.jpeg").write_bytes(jpeg(1))
    running.start().until_answered(1)
    beside = command("doctor", running.root, "--rebuild")
    assert beside.returncode == 2
    assert "stop it first" in beside.stderr
    assert running.stop() == 0
    assert "sound" in command("doctor", running.root).stdout
    overwrite_the_head(running.root)
    refused = running.once()
    assert refused.returncode == 2
    assert "doctor --rebuild" in refused.stderr
    assert "doctor --rebuild" in command("audit", running.root).stderr
    overwrite(running.root)
    assert "doctor --rebuild" in command("status", running.root).stderr
    done = command("doctor", running.root, "--rebuild")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 closed, 0 to publish, 0 to read")
    assert "answered 1" in running.audit()
    assert running.once().returncode == 0
