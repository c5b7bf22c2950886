"""When a file counts as finished."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from tests.worker.drawn import jpeg, png
from tests.worker.stand import Clock
from worker.inbox import Inbox, Rules
from worker.settle import Probe, probe, signature

RULES = Rules(settle_seconds=2, patience_seconds=900)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox(tmp_path: Path, clock: Clock) -> Inbox:
    return Inbox(str(tmp_path), RULES, clock)


def names(inbox: Inbox) -> list[str]:
    inbox.look()
    return sorted(arrival.name for arrival in inbox.take(100))


def test_a_complete_picture_that_nobody_writes_is_taken_at_first_sight(tmp_path: Path, inbox: Inbox) -> None:
    (tmp_path / "a.jpeg").write_bytes(jpeg(0))
    (tmp_path / "b.png").write_bytes(png(0))
    assert names(inbox) == ["a.jpeg", "b.png"]
    assert names(inbox) == []


def test_without_leases_nothing_is_taken_at_first_sight(tmp_path: Path, clock: Clock) -> None:
    inbox = Inbox(str(tmp_path), Rules(2, 900, leases=False), clock)
    (tmp_path / "a.jpeg").write_bytes(jpeg(0))
    assert names(inbox) == []
    clock.now += 2
    assert names(inbox) == ["a.jpeg"]


def test_what_has_no_known_end_must_stay_unchanged(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    path = tmp_path / "text"
    path.write_text("one")
    assert names(inbox) == []
    clock.now += 1.9
    path.write_text("another")
    assert names(inbox) == []
    clock.now += 1.9
    assert names(inbox) == []
    clock.now += 0.2
    assert names(inbox) == ["text"]


def test_a_file_open_for_writing_waits_until_it_is_closed(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    with (tmp_path / "a.jpeg").open("wb") as file:
        file.write(jpeg(0))
        file.flush()
        assert names(inbox) == []
        clock.now += 10
        assert names(inbox) == []
    assert names(inbox) == ["a.jpeg"]


def test_a_cut_off_picture_waits_until_patience_ends(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    (tmp_path / "a.jpeg").write_bytes(jpeg(0)[:-500])
    assert names(inbox) == []
    clock.now += 899
    assert names(inbox) == []
    clock.now += 2
    assert names(inbox) == ["a.jpeg"]


def test_a_cut_off_picture_that_goes_on_is_taken_when_complete(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    content = jpeg(0)
    (tmp_path / "a.jpeg").write_bytes(content[:-500])
    assert names(inbox) == []
    clock.now += 100
    with (tmp_path / "a.jpeg").open("ab") as file:
        file.write(content[-500:])
    assert names(inbox) == ["a.jpeg"]


def test_temporary_names_are_left_alone_and_counted(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    for name in (".hidden", "a.part", "b.TMP", "~lock", "c.jpeg.filepart"):
        (tmp_path / name).write_bytes(jpeg(0))
    inbox.look()
    clock.now += 10_000
    assert names(inbox) == []
    assert (inbox.ignored, inbox.waiting) == (5, 0)


def test_links_and_pipes_settle_too(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/nonexistent")
    assert names(inbox) == []
    clock.now += 2
    assert names(inbox) == ["link", "pipe"]


def test_a_file_changed_after_it_settled_settles_anew(tmp_path: Path, inbox: Inbox) -> None:
    (tmp_path / "a.jpeg").write_bytes(jpeg(0))
    inbox.look()
    (tmp_path / "a.jpeg").write_bytes(jpeg(1)[:-9])
    assert inbox.take(10) == []
    assert names(inbox) == []


def test_the_clock_on_the_wall_and_mtime_do_not_matter(tmp_path: Path, clock: Clock) -> None:
    wall = iter([5e9, 0.0, 1e9])
    inbox = Inbox(str(tmp_path), RULES, clock, lambda: next(wall))
    (tmp_path / "text").write_text("one")
    os.utime(tmp_path / "text", (4_300_000_000, 4_300_000_000))  # 2106
    assert names(inbox) == []
    clock.now += 2
    assert names(inbox) == ["text"]


def test_a_lease_that_is_asked_for_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "a.jpeg"
    path.write_bytes(jpeg(0))
    assert probe(str(path), signature(str(path)), leases=True) is Probe.COMPLETE
    with path.open("rb+") as file:  # would block, or fail, if the lease were still held
        assert fcntl.fcntl(file, fcntl.F_GETLEASE) == fcntl.F_UNLCK


def test_many_waiting_files_are_followed_a_window_at_a_time(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    for number in range(5000):
        (tmp_path / str(number)).touch()
    inbox.look()
    assert inbox.waiting == 5000
    clock.now += 2
    inbox.look()
    taken = inbox.take(10_000)
    assert len(taken) == 4096
    inbox.forget(arrival.name for arrival in taken)
    for arrival in taken:
        (tmp_path / arrival.name).unlink()
    assert inbox.due <= clock.now
    inbox.look()
    clock.now += 2
    inbox.look()
    assert len(inbox.take(10_000)) == 5000 - 4096


def test_folders_are_looked_into_however_deep(tmp_path: Path, inbox: Inbox) -> None:
    deep = tmp_path.joinpath(*["x"] * 200)
    deep.mkdir(parents=True)
    (deep / "a.jpeg").write_bytes(jpeg(0))
    assert [name.count("/") for name in names(inbox)] == [200]


def test_what_no_path_can_name_is_passed_over_and_stops_nothing(
    tmp_path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made by walking down, as a sender's program may."""
    (tmp_path / "a.jpeg").write_bytes(jpeg(0))
    monkeypatch.chdir(tmp_path)
    for _ in range(20):
        os.mkdir("y" * 250)
        os.chdir("y" * 250)
        Path("b.jpeg").write_bytes(jpeg(1))
    monkeypatch.chdir(tmp_path)
    found = names(inbox)
    assert "a.jpeg" in found
    assert 10 < len(found) < 21
    shutil.rmtree(tmp_path / ("y" * 250))  # by descriptors: pytest's own clearing away goes by paths
