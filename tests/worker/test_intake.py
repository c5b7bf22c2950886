"""Every way in which a file can arrive gives one answer, on the real worker. One rule a test."""

import hashlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.worker.drawn import jpeg, png, tiff, tiny_png
from tests.worker.running import Running, command
from worker import names

pytestmark = pytest.mark.timeout(120)


class Served:
    """One worker for many tests: each drops files under names of its own, and asks for the results of these."""

    def __init__(self, running: Running, outside: Path) -> None:
        self.running = running
        self.outside = outside
        self.incoming = running.incoming
        self._numbers = iter(range(10_000))

    def picture(self) -> bytes:
        """Return a picture that no other test has."""
        return jpeg(next(self._numbers))

    def results(self, start: str) -> list[dict[str, Any]]:
        return [one for one in self.running.results() if one["source"]["name"].startswith(start)]

    def answered(self, start: str, content: bytes | None = None) -> dict[str, Any]:
        """Wait until the one file whose name starts so is answered; return its result."""
        self.running.until(lambda: self.results(start), f"the result of {start}")
        (found,) = self.results(start)
        assert found["outcome"] == "answered"
        assert content is None or found["source"]["sha256"] == hashlib.sha256(content).hexdigest()
        return found

    def settle(self) -> None:
        """Let as much time pass as a file must stand still, and more."""
        time.sleep(0.8)


@pytest.fixture(scope="module")
def served(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = tmp_path_factory.mktemp("served")
    (place / "spool").mkdir()
    (place / "outside").mkdir()
    running = Running(place / "spool", tiny_model)
    try:
        running.start("--patience", "3").until_serving()
        yield Served(running, place / "outside")
        assert running.stop() == 0
        assert "in hand 0 + waiting" in running.audit()
        said = running.log.read_text()
        assert "ERROR" not in said and "Traceback" not in said, said
    finally:
        running.kill()


def test_written_in_place(served: Served) -> None:
    content = served.picture()
    (served.incoming / "written").write_bytes(content)
    served.answered("written", content)


def test_appended_in_bursts(served: Served) -> None:
    content = served.picture()
    with (served.incoming / "bursts").open("wb", buffering=0) as file:
        for start in range(0, len(content), 1024):
            file.write(content[start : start + 1024])
            time.sleep(0.02)
    served.answered("bursts", content)


def test_a_slow_writer_that_closes_and_opens_again(served: Served) -> None:
    content = served.picture()
    for start in range(0, len(content), len(content) // 3 + 1):
        with (served.incoming / "slow").open("ab") as file:
            file.write(content[start : start + len(content) // 3 + 1])
        served.settle()
    served.answered("slow", content)


def test_a_writer_that_rests_with_the_file_open(served: Served) -> None:
    content = tiff(1)  # nothing in it says where it ends
    with (served.incoming / "resting").open("wb", buffering=0) as file:
        file.write(content[:5000])
        served.settle()
        file.write(content[5000:])
        served.settle()
        assert not served.results("resting")
    served.answered("resting", content)


def test_a_temporary_name_and_a_rename(served: Served) -> None:
    content = served.picture()
    (served.incoming / "renamed.part").write_bytes(content)
    served.settle()
    assert not served.results("renamed")
    (served.incoming / "renamed.part").rename(served.incoming / "renamed")
    served.answered("renamed", content)


def test_renamed_in_from_outside(served: Served) -> None:
    content = served.picture()
    (served.outside / "file").write_bytes(content)
    (served.outside / "file").rename(served.incoming / "from outside")
    served.answered("from outside", content)


def test_a_hard_link_is_refused_by_name(served: Served) -> None:
    (served.outside / "linked").write_bytes(served.picture())
    os.link(served.outside / "linked", served.incoming / "hard link")
    served.running.until(lambda: served.results("hard link"), "the refusal")
    assert [one["reason"] for one in served.results("hard link")] == ["hard_linked"]


def test_a_folder_moved_in(served: Served) -> None:
    (served.outside / "a" / "b").mkdir(parents=True)
    contents = {"a/one": served.picture(), "a/b/two": served.picture(), "a/b/three": served.picture()}
    for name, content in contents.items():
        (served.outside / name).write_bytes(content)
    (served.outside / "a").rename(served.incoming / "moved in")
    for name, content in contents.items():
        served.answered("moved in" + name[1:], content)


def test_sub_folders_made_and_written_at_once(served: Served) -> None:
    for number in range(40):
        folder = served.incoming / "made" / str(number) / "deep"
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(tiny_png(number))
    served.running.until(lambda: len(served.results("made/")) >= 40, "all of them")
    assert len({one["source"]["name"] for one in served.results("made/")}) == 40


def test_copied_over_an_existing_name(served: Served) -> None:
    content = served.picture()
    (served.outside / "new").write_bytes(content)
    (served.incoming / "copied over").write_bytes(served.picture()[:3000])
    served.settle()
    shutil.copyfile(served.outside / "new", served.incoming / "copied over")
    served.answered("copied over", content)


def test_the_same_name_twice_is_two_files(served: Served) -> None:
    contents = served.picture(), served.picture()
    for number, content in enumerate(contents, 1):
        (served.incoming / "same name").write_bytes(content)
        served.running.until(lambda number=number: len(served.results("same name")) == number, "its result")
    found = {one["source"]["sha256"] for one in served.results("same name")}
    assert found == {hashlib.sha256(content).hexdigest() for content in contents}


def test_the_same_bytes_twice_name_the_first_and_repeat_its_score(served: Served) -> None:
    content = served.picture()
    (served.incoming / "first of two").write_bytes(content)
    first = served.answered("first of two")
    (served.incoming / "second of two").write_bytes(content)
    second = served.answered("second of two")
    assert second["duplicate_of"] == first["id"]
    assert second["scores"] == first["scores"]
    assert first["duplicate_of"] is None


def test_unfinished_for_longer_than_patience_is_incomplete(served: Served) -> None:
    (served.incoming / "cut off").write_bytes(served.picture()[:3000])
    served.running.until(lambda: served.results("cut off"), "the refusal")
    assert [one["reason"] for one in served.results("cut off")] == ["incomplete"]


NAMES = {
    b"n line\n.jpeg": "n line\\u000a.jpeg",
    b"n escape \x1b[31m": "n escape \\u001b[31m",
    "n right \u202e to left".encode(): "n right \\u202e to left",
    b"n" * 255: "n" * 255,
    b"n not utf-8 \xff\xfe": "n not utf-8 \\xff\\xfe",
    b"n back\\slash": "n back\\\\slash",
    "n Über 胸.dcm".encode(): "n Über 胸.dcm",
}


@pytest.mark.parametrize(("name", "written"), NAMES.items(), ids=["line", "escape", "rtl", "255", "bytes", "\\", "utf"])
def test_any_name_is_answered_and_written_as_plain_text(served: Served, name: bytes, written: str) -> None:
    path = os.path.join(os.fsencode(served.incoming), name)
    with open(path, "wb") as file:
        file.write(served.picture())
    served.answered(written)
    assert not os.path.lexists(path)


def test_dropped_before_the_start_and_during_the_first_look(running: Running) -> None:
    for number in range(300):
        (running.incoming / f"before {number}").write_bytes(tiny_png(number))
    running.start()
    stop = threading.Event()
    dropped = 0

    def drop() -> None:
        nonlocal dropped
        while not stop.is_set():
            (running.incoming / f"during {dropped}").write_bytes(tiny_png(1000 + dropped))
            dropped += 1
            time.sleep(0.005)

    writer = threading.Thread(target=drop)
    writer.start()
    try:
        running.until(lambda: running.count() > 100, "the first hundred")
    finally:
        stop.set()
        writer.join()
    results = running.until_answered(300 + dropped)
    assert len({one["source"]["name"] for one in results}) == len(results) == 300 + dropped
    assert running.stop() == 0


def test_a_burst_that_overflows_the_events_is_answered_whole(running: Running) -> None:
    """The full size, 20,000 files, is `python -m benchmarks.burst`."""
    running.start().until_serving()
    assert running.process is not None
    running.process.send_signal(signal.SIGSTOP)
    for number in range(9000):  # the kernel keeps 16,384 events; each file makes two
        noise = running.incoming / f"{number}.part"
        noise.touch()
        noise.unlink()
    for number in range(1500):
        (running.incoming / f"{number}.png").write_bytes(tiny_png(number))
    running.process.send_signal(signal.SIGCONT)
    results = running.until_answered(1500, seconds=90)
    assert len({one["source"]["name"] for one in results}) == len(results) == 1500
    assert {one["outcome"] for one in results} == {"answered"}
    assert running.stop() == 0
    assert running.audit() == "seen 1500 = answered 1500 + refused 0 + in hand 0 + waiting 0"


def test_temporary_names_are_those_that_the_documents_tell() -> None:
    told = (
        (Path(__file__).parents[2] / "docs/operations.md").read_text().split("## Temporary names")[1].split("\n## ")[0]
    )
    rows = [line.split("|")[1].strip().strip("`") for line in told.splitlines() if line.startswith("| `")]
    assert {row.removesuffix("…") for row in rows if row.endswith("…")} == set(names.TEMPORARY_PREFIXES)
    assert {row.removeprefix("…") for row in rows if row.startswith("…")} == set(names.TEMPORARY_SUFFIXES)
    assert len(rows) == len(names.TEMPORARY_PREFIXES) + len(names.TEMPORARY_SUFFIXES)


def test_a_temporary_name_is_left_alone_and_counted(running: Running) -> None:
    (running.incoming / "still.part").write_bytes(png(0))
    assert running.once().stdout == "0 answered, 0 refused\n"
    assert command("status", running.root).stdout.count("1 more with a temporary name") == 1
