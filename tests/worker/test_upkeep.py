"""The commands for looking after a folder, on the real worker while it runs."""

import json
import os
import socket
from pathlib import Path

import pytest

from tests.worker.drawn import jpeg
from tests.worker.running import Running, command
from worker.lock import Lock, Note, holder
from worker.status import Status, table

pytestmark = pytest.mark.timeout(120)


def free_address() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_requeue_status_and_purge_beside_a_running_worker(running: Running) -> None:
    address = free_address()
    running.start(listen=address).until_serving()
    (running.incoming / "good.jpeg").write_bytes(jpeg(0))
    (running.incoming / "text").write_text("text")
    old = {one["source"]["name"]: one["id"] for one in running.until_answered(2)}
    asked = command("requeue", running.root, old["good.jpeg"], old["text"])
    assert asked.returncode == 0, asked.stderr
    pairs = dict(line.split() for line in asked.stdout.splitlines())
    revisions = {one["revision_of"]: one for one in running.until_answered(4) if one["revision_of"]}
    assert {id: one["id"] for id, one in revisions.items()} == pairs
    assert [one["outcome"] for one in sorted(revisions.values(), key=lambda one: str(one["outcome"]))] == [
        "answered",
        "refused",
    ]
    (running.incoming / "sent.part").touch()
    running.until(lambda: json.loads(command("status", running.root, "--json").stdout)["in_hand"] == 0, "closed rows")
    found = json.loads(command("status", running.root, "--json").stdout)
    assert running.process is not None
    assert (found["state"], found["worker"]["process"]) == ("ready", running.process.pid)
    assert (found["answered"], found["refused"], found["waiting"]) == (2, {"unknown_format": 2}, 0)
    assert found["ignored"] == 1
    again = command("requeue", running.root, old["text"])
    assert again.returncode == 2
    assert pairs[old["text"]] in again.stderr
    assert "2 files" in command("purge", running.root, "--older-than", "0m").stdout
    assert sum(path.is_file() for path in (running.root / "done").iterdir()) == 1
    purged = command("purge", running.root, "--older-than", "0m", "--yes")
    assert (purged.returncode, purged.stderr) == (0, "")
    assert not list((running.root / "done").iterdir())
    (running.incoming / "more.jpeg").write_bytes(jpeg(1))
    assert len(running.until_answered(5)) == 5
    assert running.stop() == 0
    assert "answered 3 + refused 2" in running.audit()


def test_requeued_while_nobody_serves_it_is_read_by_the_next_to_start(running: Running) -> None:
    (running.incoming / "a.jpeg").write_bytes(jpeg(0))
    assert running.once().returncode == 0
    (first,) = running.results()
    asked = command("requeue", running.root, first["id"])
    assert "next one to start" in asked.stderr
    assert running.once().returncode == 0
    assert [one["revision_of"] for one in running.results() if one["id"] != first["id"]] == [first["id"]]
    assert command("status", running.root).stdout.startswith("worker        none serves this folder\n")


def test_purge_wants_to_know_how_old(root: Path) -> None:
    assert command("purge", root).returncode == 2
    assert "30d" in command("purge", root, "--older-than", "a while").stderr


def test_whoever_holds_the_lock_is_known_until_it_ends(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    lock, note = Lock(tmp_path), Note(os.getpid(), "", "tiny", "2026-01-01T00:00:00Z")
    assert lock.take()
    assert holder(tmp_path) is not None  # it has not said its name yet
    lock.sign(note)
    assert holder(tmp_path) == note
    lock.close()
    assert holder(tmp_path) is None


def test_the_table_tells_reasons_and_the_oldest() -> None:
    text = table(Status("stopped", None, 3, 1, 7200.0, 0, 5, {"blank": 2}))
    assert "3, the oldest for 2 hours; 1 more with a temporary name" in text
    assert "blank" in text
