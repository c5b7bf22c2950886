"""From arrival to closed row."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worker.stand import Stand
from worker.ledger import Step


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(tmp_path)
    yield stand
    stand.close()


def test_a_group_shares_its_commits(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        stand.drop(f"{number}.png", b"good %d" % number)
    commits: list[Step] = []
    commit = stand.ledger.commit

    def count(step: Step) -> None:
        commits.append(step)
        commit(step)

    monkeypatch.setattr(stand.ledger, "commit", count)
    stand.turn_until_idle()
    assert len(commits) == 3  # intents; decisions; closes
    assert stand.audit().answered == 40


def test_a_name_can_be_used_again_as_soon_as_its_file_is_claimed(stand: Stand) -> None:
    for number in range(3):
        stand.drop("same.png", b"good %d" % number)
        stand.turn_until_idle()
    names = [json.loads(path.read_text())["source"]["name"] for path in stand.folders.results.rglob("*.json")]
    assert names == ["same.png"] * 3


def test_same_bytes_name_the_first_even_within_a_group(stand: Stand) -> None:
    for name in ("a", "b", "c"):
        stand.drop(name, b"good")
    stand.turn_until_idle()
    stand.drop("d", b"good")
    stand.turn_until_idle()
    results = sorted(
        (json.loads(path.read_text()) for path in stand.folders.results.rglob("*.json")), key=lambda r: r["id"]
    )
    firsts = [one["duplicate_of"] for one in results]
    (first,) = set(firsts) - {None}
    assert firsts.count(None) == 1
    assert next(one["id"] for one in results if one["duplicate_of"] is None) == first


def test_a_file_taken_back_between_commit_and_claim_leaves_no_row(stand: Stand) -> None:
    stand.drop("gone.png")
    stand.inbox.look()
    arrivals = stand.inbox.take(10)
    (stand.folders.incoming / "gone.png").unlink()
    stand.pipeline.turn(arrivals)
    stand.pipeline.turn([])
    assert list(stand.ledger.rows("SELECT * FROM file")) == []


def test_a_results_folder_removed_under_us_is_made_again(stand: Stand) -> None:
    stand.drop("a.png")
    stand.turn_until_idle()
    day = next(stand.folders.results.rglob("*.json")).parent
    for path in day.iterdir():
        path.unlink()
    day.rmdir()
    stand.drop("b.png", b"good b")
    try:
        stand.turn_until_idle()
    except FileNotFoundError:
        stand.turn_until_idle()
    assert len(list(day.iterdir())) == 1


def test_what_lies_in_work_without_a_row_becomes_an_arrival(stand: Stand) -> None:
    (stand.folders.work / "stray").write_bytes(b"good stray")
    (stand.folders.work / "half.0.result").write_bytes(b"{")
    stand.recover()
    stand.turn_until_idle()
    report = stand.audit()
    assert (report.answered, report.faults) == (1, [])


def test_the_audit_finds_what_is_missing_changed_or_strange(stand: Stand) -> None:
    for number in range(3):
        stand.drop(f"{number}.png", b"good %d" % number)
    stand.turn_until_idle()
    results = sorted(stand.folders.results.rglob("*.json"))
    results[0].unlink()
    results[1].write_text("{}")
    (stand.folders.done / "stranger").touch()
    assert sorted(fault.split(": ")[-1] for fault in stand.audit().faults) == [
        "a file in done belongs to no row of the ledger",
        "its result is missing",
        "its result is not what was promised (digest differs)",
    ]


def test_a_folder_that_becomes_a_link_leads_nowhere(stand: Stand, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.png").write_bytes(b"good secret")
    stand.drop("folder/a.png")
    stand.inbox.look()
    arrivals = stand.inbox.take(10)
    (stand.folders.incoming / "folder" / "a.png").unlink()
    (stand.folders.incoming / "folder").rmdir()
    (stand.folders.incoming / "folder").symlink_to(outside)
    stand.pipeline.turn(arrivals)
    stand.pipeline.turn([])
    assert (outside / "a.png").read_bytes() == b"good secret"
    assert not list(stand.folders.work.iterdir())


def test_the_audit_finds_a_file_in_hand_that_is_nowhere(stand: Stand) -> None:
    stand.drop("a.png")
    stand.turn()
    assert stand.audit().faults == []
    (claimed,) = stand.folders.work.iterdir()
    claimed.unlink()
    assert stand.audit().faults == [f"{claimed.name}: is in hand, and its file is nowhere"]


@pytest.mark.parametrize("ends", [True, False], ids=["closes it", "never closes it"])
def test_a_writer_that_holds_the_file_across_our_rename_is_waited_for(tmp_path: Path, ends: bool) -> None:
    stand = Stand(tmp_path, patience_seconds=900)
    stand.drop("a.png", b"")
    stand.inbox.look()
    arrivals = stand.inbox.take(10)
    with (stand.folders.incoming / "a.png").open("ab", buffering=0) as writer:
        stand.pipeline.turn(arrivals)
        assert not (stand.folders.incoming / "a.png").exists()
        for _ in range(3):
            writer.write(b"good")
            stand.clock.now += 1
            stand.pipeline.turn([])
        assert stand.pipeline.in_hand == 1
        if not ends:
            stand.clock.now += 900
            stand.turn_until_idle()
    stand.turn_until_idle()
    (path,) = stand.folders.results.rglob("*.json")
    assert json.loads(path.read_text())["source"]["size_bytes"] == len(b"good" * 3)
    assert stand.audit().faults == []
    stand.close()
