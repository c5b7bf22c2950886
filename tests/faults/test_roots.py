"""The root goes away, comes back, or is another one: a pause with its reason, and then all goes on by itself."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.test_disks import expect_all, expect_pause, free_port
from tests.worker.drawn import jpeg
from tests.worker.running import Running, command

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def listening(running: Running) -> tuple[Running, str]:
    address = free_port()
    running.start(listen=address).until_serving()
    (running.incoming / "one.jpeg").write_bytes(jpeg(1))
    running.until_answered(1)
    return running, address


def test_unmounted_and_mounted_again(
    tmp_path: Path, root: Path, running: Running, mounted: Callable[..., None]
) -> None:
    disk = tmp_path / "disk"
    (disk / "incoming").mkdir(parents=True)
    mounted("--bind", disk, root)
    address = free_port()
    running.start(listen=address).until_serving()
    (root / "incoming" / "one.jpeg").write_bytes(jpeg(1))
    running.until_answered(1)
    for round in range(2):
        subprocess.run(["umount", "-l", root], check=True)
        expect_pause(running, address, "folder_replaced")  # an empty mount point is left
        assert [path.name for path in root.iterdir()] == ["incoming"]
        (disk / "incoming" / f"meanwhile {round}.jpeg").write_bytes(jpeg(2 + round))
        mounted("--bind", disk, root)
        running.until_answered(2 + round)
    expect_all(running, 3)


def test_unmounted_in_the_middle_of_many(
    tmp_path: Path, root: Path, running: Running, mounted: Callable[..., None]
) -> None:
    disk = tmp_path / "disk"
    (disk / "incoming").mkdir(parents=True)
    for number in range(300):
        (disk / "incoming" / f"{number}.jpeg").write_bytes(jpeg(number))
    mounted("--bind", disk, root)
    address = free_port()
    running.start(listen=address)
    running.until(lambda: running.count() >= 30, "some results")
    subprocess.run(["umount", "-l", root], check=True)
    expect_pause(running, address, "folder_replaced")
    assert [path.name for path in root.iterdir()] == ["incoming"]
    mounted("--bind", disk, root)
    expect_all(running, 300)


def test_removed_and_brought_back_as_a_copy(listening: tuple[Running, str]) -> None:
    worker, address = listening
    away = worker.root.with_name("away")
    worker.root.rename(away)
    expect_pause(worker, address, "folder_gone")
    (away / "incoming" / "two.jpeg").write_bytes(jpeg(2))
    shutil.copytree(away, worker.root)  # another lock, another ledger, the same marker
    expect_all(worker, 2)


def test_replaced_by_an_empty_folder_or_by_another_root(listening: tuple[Running, str], tiny_model: Path) -> None:
    worker, address = listening
    away, other = worker.root.with_name("away"), worker.root.with_name("other")
    worker.root.rename(away)
    (worker.root / "incoming").mkdir(parents=True)
    (worker.root / "incoming" / "not ours.jpeg").write_bytes(jpeg(5))
    expect_pause(worker, address, "folder_replaced")
    assert [path.name for path in worker.root.iterdir()] == ["incoming"]
    shutil.rmtree(worker.root)
    assert command("once", other, "--model", str(tiny_model)).returncode == 0
    (other / "incoming" / "not ours.jpeg").write_bytes(jpeg(5))
    other.rename(worker.root)
    expect_pause(worker, address, "folder_replaced")
    assert not list((worker.root / "results").rglob("*.json"))
    worker.root.rename(other)
    away.rename(worker.root)
    (worker.incoming / "two.jpeg").write_bytes(jpeg(2))
    expect_all(worker, 2)


def test_a_lock_or_a_ledger_that_is_replaced_is_taken_anew(listening: tuple[Running, str]) -> None:
    worker, _ = listening
    (worker.root / "worker.lock").unlink()
    worker.until((worker.root / "worker.lock").exists, "another lock")
    (worker.incoming / "two.jpeg").write_bytes(jpeg(2))
    worker.until_answered(2)
    for path in worker.root.glob("ledger.sqlite*"):
        path.unlink()
    assert worker.process is not None
    assert worker.process.wait(20) == 2
    assert "doctor --rebuild" in worker.log.read_text()
    assert command("doctor", worker.root, "--rebuild").returncode == 0
    assert worker.audit() == "seen 2 = answered 2 + refused 0 + in hand 0 + waiting 0"


def test_a_start_on_an_empty_mount_point_is_refused_where_the_ledger_knows_better(
    tmp_path: Path, root: Path, tiny_model: Path
) -> None:
    there = ("--model", str(tiny_model), "--ledger", str(tmp_path / "ledger.sqlite"))
    assert command("once", root, *there).returncode == 0
    root.rename(tmp_path / "unmounted")
    root.mkdir()
    refused = command("once", root, *there)
    assert refused.returncode == 2
    assert "belongs to another drop folder" in refused.stderr
    assert list(root.iterdir()) == []
