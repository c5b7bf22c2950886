"""The real command on real folders: whatever lands gets one result."""

import json
import os
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import jsonschema
import pytest

from tests.worker.drawn import jpeg
from tests.worker.running import CHECKOUT, Running, command

pytestmark = pytest.mark.timeout(120)


def test_what_cannot_be_answered_is_refused_with_its_reason(running: Running, tmp_path: Path) -> None:
    incoming = running.incoming
    running.start("--patience", "1")
    (incoming / "text.jpeg").write_text("no picture")
    (incoming / "empty.png").touch()
    (incoming / "cut off.jpeg").write_bytes(jpeg(0)[:3000])
    os.mkfifo(incoming / "pipe")
    (tmp_path / "elsewhere.jpeg").write_bytes(jpeg(1))
    (incoming / "link.jpeg").symlink_to(tmp_path / "elsewhere.jpeg")
    os.link(tmp_path / "elsewhere.jpeg", incoming / "second name.jpeg")
    (incoming / "folder").mkdir()
    reasons = {one["source"]["name"]: one["reason"] for one in running.until_answered(6)}
    assert reasons == {
        "text.jpeg": "unknown_format",
        "empty.png": "empty",
        "cut off.jpeg": "incomplete",
        "pipe": "not_a_file",
        "link.jpeg": "not_a_file",
        "second name.jpeg": "hard_linked",
    }
    for one in running.results():
        assert one["message"].endswith(".")
        assert (running.root / "quarantine" / one["reason"]).is_dir()
    assert (incoming / "folder").is_dir()
    (incoming / "good.jpeg").write_bytes(jpeg(2))
    running.until_answered(7)
    assert running.stop() == 0
    assert "answered 1 + refused 6" in running.audit()


def test_names_are_data(running: Running) -> None:
    names = [b"new\nline.jpeg", b"not utf-8 \xff\xfe.jpeg", b"x" * 250 + b".jpeg", b"-rf.jpeg", b"back\\slash"]
    names += ["right\u202eto left.jpeg".encode(), b"esc\x1b[31m.jpeg", "Über.jpeg".encode()]
    running.start()
    for number, name in enumerate(names):
        with open(os.path.join(os.fsencode(running.incoming), name), "wb") as file:
            file.write(jpeg(number))
    written = {one["source"]["name"] for one in running.until_answered(len(names))}
    assert written == {
        *("new\\u000aline.jpeg", "not utf-8 \\xff\\xfe.jpeg", "x" * 250 + ".jpeg", "-rf.jpeg", "back\\\\slash"),
        *("right\\u202eto left.jpeg", "esc\\u001b[31m.jpeg", "Über.jpeg"),
    }
    assert running.stop() == 0
    assert "jpeg" not in running.log.read_text().replace(str(running.root), "")


def test_results_keep_the_schema_and_same_bytes_the_same_answer(running: Running) -> None:
    schema = json.loads((CHECKOUT / "worker" / "result.schema.json").read_text())
    running.start()
    (running.incoming / "first.jpeg").write_bytes(jpeg(0))
    (first,) = running.until_answered(1)
    (running.incoming / "first.jpeg").write_bytes(jpeg(0))
    (running.incoming / "text").write_text("text")
    results = running.until_answered(3)
    again = next(one for one in results if one["duplicate_of"])
    assert again["duplicate_of"] == first["id"]
    assert again["scores"] == first["scores"]
    assert first["not_for_diagnosis"] is True
    for one in results:
        jsonschema.validate(one, schema)
    assert list(first) == schema["required"] or set(first) == set(schema["required"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_interrupted_in_the_middle_every_file_is_answered_once(running: Running, number: signal.Signals) -> None:
    count = 400 if number is signal.SIGTERM else 200  # stopped, it first finishes what it has in hand
    for at in range(count):
        (running.incoming / f"{at}.jpeg").write_bytes(jpeg(at))
    for results_before_the_end in (20, 60):
        running.start().until_serving()
        running.until(lambda wanted=results_before_the_end: running.count() >= wanted, "some results")
        assert running.stop(number) == (0 if number is signal.SIGTERM else -number)
    running.start().until_serving()
    results = running.until_answered(count)
    assert running.stop() == 0
    assert sorted(one["source"]["name"] for one in results) == sorted(f"{at}.jpeg" for at in range(count))
    assert running.audit() == f"seen {count} = answered {count} + refused 0 + in hand 0 + waiting 0"
    assert not list((running.root / "work").iterdir())


def test_once_answers_what_is_there_and_says_so(running: Running) -> None:
    (running.incoming / "good.jpeg").write_bytes(jpeg(0))
    done = running.once()
    assert (done.returncode, done.stdout) == (0, "1 answered, 0 refused\n")
    (running.incoming / "bad.jpeg").write_bytes(jpeg(1)[:2000])
    done = running.once()
    assert (done.returncode, done.stdout) == (1, "0 answered, 1 refused (1 incomplete)\n")


def test_a_second_worker_stands_by_and_takes_over(running: Running, tiny_model: Path) -> None:
    running.start().until_serving()
    (running.incoming / "one.jpeg").write_bytes(jpeg(1))
    running.until_answered(1)
    second = Running(running.root, tiny_model)
    second.log = running.root.parent / "second.log"
    try:
        second.start()
        second.until(lambda: "Standing by" in second.log.read_text(), "the second to stand by")
        refused = running.once()
        assert refused.returncode == 2
        assert "already serves" in refused.stderr
        running.kill()
        (running.incoming / "two.jpeg").write_bytes(jpeg(2))
        second.until_answered(2)
        assert second.stop() == 0
    finally:
        second.kill()


def test_the_pages_say_how_the_worker_is(running: Running) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
        busy = command("run", running.root, "--model", str(running.model), "--listen", listen)
        assert busy.returncode == 2
        assert listen in busy.stderr and "--listen" in busy.stderr
    running.start(listen=listen)

    def get(path: str) -> str:
        with urllib.request.urlopen(f"http://{listen}{path}", timeout=5) as reply:
            text: str = reply.read().decode()
        return text

    def ready() -> bool:
        try:
            return get("/readyz") == "ready\n"
        except (urllib.error.URLError, ConnectionError):
            return False

    running.until(ready, "readiness")
    (running.incoming / "one.jpeg").write_bytes(jpeg(1))
    running.until_answered(1)
    running.until(lambda: 'lungwatch_files_total{outcome="answered",reason=""} 1.0' in get("/metrics"), "the count")
    assert get("/healthz") == "alive\n"
    assert "Not a medical device" in get("/")
    assert "one.jpeg" not in get("/") + get("/metrics")
    assert running.stop() == 0


def test_a_folder_that_goes_away_is_a_pause_and_nothing_is_refused(running: Running) -> None:
    running.start()
    (running.incoming / "one.jpeg").write_bytes(jpeg(1))
    running.until_answered(1)
    away = running.root.with_name("away")
    running.root.rename(away)
    running.until(lambda: "folder_gone" in running.log.read_text(), "the pause")
    (away / "incoming" / "two.jpeg").write_bytes(jpeg(2))
    away.rename(running.root)
    assert {one["outcome"] for one in running.until_answered(2)} == {"answered"}
    (running.incoming).rmdir()
    running.until(running.incoming.is_dir, "incoming to be made again")
    (running.incoming / "three.jpeg").write_bytes(jpeg(3))
    running.until_answered(3)
    assert running.stop() == 0
