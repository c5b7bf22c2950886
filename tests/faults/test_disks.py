"""A disk that is full, read-only or broken: a pause with its reason, or a sentence; never a refusal."""

import os
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.straced import Injection, Point, Workers, points
from tests.faults.sweep import drop, once
from tests.worker.drawn import jpeg
from tests.worker.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

COUNT = 12


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


def get(address: str, path: str) -> str:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as reply:
            return str(reply.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return ""


def expect_pause(worker: Running, address: str, reason: str) -> None:
    """Wait for a pause, and see that it is told everywhere and that nothing was refused for it."""
    worker.until(lambda: get(address, "/readyz").startswith(reason), f"the pause {reason}")
    assert f'lungwatch_paused{{reason="{reason}"}} 1.0' in get(address, "/metrics")
    assert get(address, "/healthz") == "alive\n"
    assert f"standing still: {reason}" in worker.log.read_text()
    assert not list((worker.root / "quarantine").rglob("*.*"))


def expect_all(worker: Running, count: int) -> None:
    results = worker.until_answered(count)
    assert [one["outcome"] for one in results] == ["answered"] * count
    assert worker.stop() == 0
    assert worker.audit() == f"seen {count} = answered {count} + refused 0 + in hand 0 + waiting 0"
    assert not list((worker.root / "work").iterdir())


@pytest.fixture
def disk(tmp_path: Path, tiny_model: Path, mounted: Callable[..., None]) -> Callable[[str], Running]:
    """Make a worker on a small disk of its own."""

    def make(options: str) -> Running:
        (tmp_path / "disk").mkdir()
        mounted("-t", "tmpfs", "-o", options, "none", tmp_path / "disk")
        root = tmp_path / "disk" / "spool"
        (root / "incoming").mkdir(parents=True)
        (tmp_path / "disk" / "outside").mkdir()
        for number in range(COUNT):
            (tmp_path / "disk" / "outside" / f"{number}.jpeg").write_bytes(jpeg(number))
        worker = Running(root, tiny_model)
        worker.log = tmp_path / "worker.log"
        return worker

    return make


def arrive(worker: Running) -> None:
    """Let files land that need no more space than they have."""
    for path in (worker.root.parent / "outside").iterdir():
        path.rename(worker.incoming / path.name)


@pytest.mark.parametrize("left_bytes", [0, 24 << 10])
def test_a_full_disk_is_a_pause_that_ends_when_there_is_space(disk: Callable[[str], Running], left_bytes: int) -> None:
    worker = disk("size=4m")
    address = free_port()
    try:
        worker.start(listen=address).until_serving()
        ballast = worker.root.parent / "ballast"
        found = os.statvfs(worker.root)
        with ballast.open("wb") as file:
            file.write(bytes(max(found.f_bavail * found.f_frsize - left_bytes, 0)))
        arrive(worker)
        expect_pause(worker, address, "disk_full")
        for path in (worker.root / "results").rglob("*.json"):
            assert path.read_bytes().endswith(b"}\n")
        ballast.unlink()
        expect_all(worker, COUNT)
    finally:
        worker.kill()


def test_a_disk_without_inodes_is_a_pause_too(disk: Callable[[str], Running]) -> None:
    worker = disk("size=8m,nr_inodes=200")
    address = free_port()
    try:
        worker.start(listen=address).until_serving()
        ballast = worker.root.parent / "ballast"
        ballast.mkdir()
        for number in range(os.statvfs(worker.root).f_ffree):
            (ballast / str(number)).touch()
        arrive(worker)
        expect_pause(worker, address, "disk_full")
        for path in list(ballast.iterdir()):
            path.unlink()
        expect_all(worker, COUNT)
    finally:
        worker.kill()


def test_a_disk_that_turns_read_only_is_a_pause_that_ends_when_it_is_writable(
    disk: Callable[[str], Running], mounted: Callable[..., None]
) -> None:
    worker = disk("size=8m")
    address = free_port()
    try:
        worker.start(listen=address).until_serving()
        arrive(worker)
        # The kernel makes no disk read-only under an open file, unless by its own error: another mount stands for that.
        # It is made read-only beside, where nobody has a file open, and keeps that when it is laid over the root.
        beside = worker.root.parent / "beside"
        beside.mkdir()
        mounted("--bind", worker.root, beside)
        mounted("-o", "remount,bind,ro", beside)
        mounted("--bind", beside, worker.root)
        (worker.root.parent / "late.jpeg").write_bytes(jpeg(COUNT))
        expect_pause(worker, address, "read_only")
        subprocess.run(["umount", "-l", worker.root], check=True)
        (worker.root.parent / "late.jpeg").rename(worker.incoming / "late.jpeg")
        expect_all(worker, COUNT + 1)
    finally:
        worker.kill()


@pytest.mark.parametrize("call", ["fsync", "fdatasync", "syncfs"])
def test_a_disk_that_does_not_confirm_ends_the_worker_with_a_sentence(
    workers: Workers, folder: Path, call: str
) -> None:
    (folder / "learn").mkdir()
    drop(folder / "learn")
    found = points(workers.run(once(folder / "learn"), trace=True).trace, folder / "learn")
    fatal = 0
    for number in [point.number for point in found if point.call == call]:
        root = folder / f"{call}{number}"
        witness = drop(root)
        ended = workers.run(once(root), inject=Injection(Point(call, number), "EIO"))
        # SQLite makes good by itself where a checkpoint fails, and asks no folder whether it was synced.
        assert ended.code == 2 or (call == "fdatasync" and ended.code == 1), ended.log
        if ended.code == 2:
            fatal += 1
            last = ended.log.splitlines()[-1]
            assert last.startswith("lungwatch-worker: ")
            assert "disk" in last
        assert workers.run(once(root)).code == (1 if ended.code == 2 else 0)  # one is refused
        assert witness.verdict() == []
    assert fatal >= (5 if call == "fdatasync" else 2)
