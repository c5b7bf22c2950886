"""Hostile files, all at once, into one running worker: each is refused by name, and the good ones flow."""

import contextlib
import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.corpus import CASES
from tests.hostile.names import NAMES
from tests.hostile.nodes import NODES
from tests.hostile.watching import Watching
from tests.worker.drawn import jpeg
from tests.worker.running import Running
from worker.names import escape
from xray.reasons import Reason

pytestmark = pytest.mark.timeout(300)

GOOD = 60
SECONDS_A_FILE = 15.0
CHILD_MB = 2048
PARENT_GROWTH_MB = 32


def test_the_corpus_has_no_two_cases_of_one_name_and_reasons_of_every_kind() -> None:
    names = [case.name for case in CASES] + list(NODES)
    assert len(names) == len(set(names)) >= 60
    # These need time to pass, a permission that root always has, or a decoder that crashes: tests/worker/test_engine.py,
    # test_cell.py. The rest is about what a header says: tests/xray/test_dicom_gate.py.
    elsewhere = {Reason.CHANGED, Reason.NOT_READABLE, Reason.CRASHED_DECODER, Reason.WRONG_BODY_PART}
    elsewhere |= {Reason.WRONG_VIEW, Reason.FOR_PROCESSING, Reason.NOT_ORIGINAL, Reason.BURNT_IN}
    met = {case.expected for case in CASES} | {reason for reason, _ in NODES.values()}
    assert set(Reason) - met == elsewhere


@pytest.mark.slow
def test_hostile_files_are_refused_by_name_and_good_ones_flow(running: Running, tmp_path: Path) -> None:
    staged = tmp_path / "staged" / "x"
    staged.mkdir(parents=True)
    expected = _stage(staged)
    running.start("--patience", "1").until_serving()
    (running.incoming / "first.jpeg").write_bytes(jpeg(99))
    running.until_answered(1)
    assert running.process is not None
    entries = sorted(os.listdir(os.fsencode(staged)))
    random.Random(1).shuffle(entries)
    with Watching(running.process.pid) as watching:
        for entry in entries:
            os.rename(os.path.join(os.fsencode(staged), entry), os.path.join(os.fsencode(running.incoming), entry))
        results = running.until_answered(len(expected) + 1, 90)
    growth = watching.parent_growth_mb
    assert running.stop() == 0
    found = {one["source"]["name"]: one["reason"] for one in results if one["source"]["name"] != "first.jpeg"}
    assert found == expected
    assert len(results) == len(expected) + 1, "one result for each"
    assert max(map(_reading_seconds, results)) < SECONDS_A_FILE
    assert watching.largest_child_mb < CHILD_MB
    assert growth < PARENT_GROWTH_MB
    _good_ones_did_not_wait(results)
    assert sorted(os.listdir(running.incoming)) == ["folder.jpg", "sub"]
    assert not [*tmp_path.rglob("pwned"), *Path.cwd().glob("pwned")]
    running.audit()


def _stage(folder: Path) -> dict[str, str | None]:
    """Put the corpus, the nodes, odd names and good radiographs into a folder; return what must become of each."""
    expected: dict[str, str | None] = {}
    for case in CASES:
        (folder / case.name).write_bytes(case.make())
        expected[case.name] = case.expected
    for name, (reason, make) in NODES.items():
        make(folder / name)
        expected[name] = reason
    (folder / "folder.jpg").mkdir()
    for number, odd in enumerate(NAMES):
        path = os.path.join(os.fsencode(folder), odd)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(os.fsdecode(path)).write_bytes(jpeg(100 + number))
        expected[escape(os.fsdecode(odd))] = None
    for number in range(GOOD):
        (folder / f"good {number}.jpeg").write_bytes(jpeg(200 + number))
        expected[f"good {number}.jpeg"] = None
    return expected


def _reading_seconds(result: dict[str, Any]) -> float:
    return float(sum(seconds for stage, seconds in result["durations"].items() if stage != "queue"))


def _good_ones_did_not_wait(results: list[dict[str, Any]]) -> None:
    """Half of them were answered before half of the hostile ones were refused."""
    good = sorted(one["decided"] for one in results if one["source"]["name"].startswith("good"))
    refused = sorted(one["decided"] for one in results if one["outcome"] == "refused")
    assert len(good) == GOOD
    assert good[GOOD // 2] < refused[-1]


def test_a_file_that_changes_while_it_is_read_gets_one_answer_and_harms_nothing(running: Running) -> None:
    running.start("--patience", "1").until_serving()
    incoming, content = running.incoming, jpeg(1)
    end = time.monotonic() + 2.0

    def grow() -> None:
        while time.monotonic() < end:
            with (incoming / "grows.jpeg").open("ab") as file:
                file.write(content)

    def shrink() -> None:
        (incoming / "shrinks.jpeg").write_bytes(content * 200)
        while time.monotonic() < end:
            size = os.path.getsize(incoming / "shrinks.jpeg") if (incoming / "shrinks.jpeg").exists() else 0
            if size < 1000:
                return
            os.truncate(incoming / "shrinks.jpeg", size - 500)

    def replace() -> None:
        number = 0
        while time.monotonic() < end:
            (incoming / ".new").write_bytes(jpeg(number % 50))
            (incoming / ".new").rename(incoming / "replaced.jpeg")
            number += 1

    writers = [threading.Thread(target=one) for one in (grow, replace)]
    for writer in writers:
        writer.start()
    with contextlib.suppress(FileNotFoundError):  # taken between two looks, as it may be
        shrink()
    for writer in writers:
        writer.join()
    (incoming / "good.jpeg").write_bytes(jpeg(60))
    running.until(lambda: not [one for one in incoming.iterdir() if one.name != ".new"], "an empty folder")
    running.until(lambda: not list((running.root / "work").iterdir()), "nothing in hand")
    names = [one["source"]["name"] for one in running.results()]
    assert set(names) == {"grows.jpeg", "shrinks.jpeg", "replaced.jpeg", "good.jpeg"}
    assert names.count("good.jpeg") == 1
    assert running.stop() == 0
    running.audit()
