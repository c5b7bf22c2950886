"""The cell around the real reader process, tried with a decoder that does what no decoder should."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.worker.drawn import jpeg
from tests.worker.odd_reader import DEEDS
from tests.worker.running import Running
from tests.worker.test_engine import decisions
from worker.claim import Claim
from worker.engine.local import LocalEngine
from worker.settings import Limits, Settings
from worker.settle import signature
from worker.wake import Wake
from xray.reasons import Reason

ROOT = Path(__file__).parents[2]
ODD = (sys.executable, "-P", "-m", "tests.worker.odd_reader")
HARMLESS = {"nothing", "thread"}
DEADLY = {"crash", "hang", "spin", "raise", "memory"}
FORBIDDEN = sorted(DEEDS.keys() - HARMLESS - DEADLY)


@pytest.fixture
def wake() -> Iterator[Wake]:
    wake = Wake()
    yield wake
    wake.close()


@pytest.fixture
def start(tmp_path: Path, tiny_model: Path, wake: Wake) -> Iterator[Callable[..., LocalEngine]]:
    engines: list[LocalEngine] = []

    def make(**limits: float) -> LocalEngine:
        settings = Settings(tmp_path, tmp_path, tmp_path, 1, limits=Limits(**limits))  # type: ignore[arg-type]
        engines.append(LocalEngine(settings, tiny_model.read_bytes(), str(tmp_path), wake.set, ODD))
        return engines[-1]

    yield make
    for engine in engines:
        engine.stop()


def claim(folder: Path, deed: str, number: int = 0) -> Claim:
    """A file that says `deed`, or a good picture."""
    id = f"{deed}-{number}"
    (folder / id).write_bytes(jpeg(number) if deed == "good" else f"DO:{deed}".encode() + b" " * number)
    return Claim(id, id, signature(str(folder / id)), 0.0, 0.0, time.monotonic())


def test_a_decoder_may_not_touch_anything_but_its_own_memory(
    tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]
) -> None:
    engine = start()
    engine.submit([claim(tmp_path, deed) for deed in (*FORBIDDEN, *HARMLESS, "memory")])
    found = decisions(engine, wake, len(FORBIDDEN) + 3)
    told = {id.rpartition("-")[0]: decision.detail.partition(" ")[0] for id, decision in found.items()}
    assert told == dict.fromkeys(FORBIDDEN, "refused") | {"nothing": "done", "thread": "done", "memory": "it"}
    assert found["memory-0"].reason is Reason.TOO_LARGE
    assert engine.restarts == 0
    assert not (ROOT / "written by a decoder").exists()


def test_a_decoder_that_crashes_three_times_costs_its_file_and_no_other(
    tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]
) -> None:
    engine = start()
    deeds = ("good", "crash", "good", "raise", "good")
    engine.submit([claim(tmp_path, deed, number) for number, deed in enumerate(deeds)])
    found = decisions(engine, wake, len(deeds))
    outcomes = [found[f"{deed}-{number}"].reason for number, deed in enumerate(deeds)]
    assert outcomes == [None, Reason.CRASHED_DECODER, None, Reason.CRASHED_DECODER, None]
    assert engine.restarts == 3
    assert found["crash-1"].detail == "the reader ended with status -11"
    assert re.fullmatch(r"KeyError at odd_reader\.py:\d+", found["raise-3"].detail), "no text of the error"


def test_a_decoder_that_takes_too_much_time_is_stopped(
    tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]
) -> None:
    engine = start(cpu_seconds=1, wall_seconds=2.0)
    engine.submit([claim(tmp_path, "spin"), claim(tmp_path, "hang"), claim(tmp_path, "good")])
    found = decisions(engine, wake, 3)
    assert found["spin-0"].reason is found["hang-0"].reason is Reason.TOO_SLOW
    assert found["good-0"].outcome == "answered"
    assert found["spin-0"].durations.keys() == {"queue"}


def test_a_reader_is_replaced_after_so_many_files(
    tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]
) -> None:
    engine = start(files_per_child=3)
    engine.submit([claim(tmp_path, "nothing", number) for number in range(7)])
    processes = [decision.detail.split()[-1] for decision in decisions(engine, wake, 7).values()]
    assert [processes.count(one) for one in dict.fromkeys(processes)] == [3, 3, 1]
    assert engine.restarts == 0, "wear is no fault"


def test_the_limits_are_in_force_and_nothing_of_ours_is_open(
    tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]
) -> None:
    engine = start()
    engine.submit([claim(tmp_path, "nothing")])
    (decision,) = decisions(engine, wake, 1).values()
    process = Path("/proc") / decision.detail.split()[-1]
    limits = dict(re.findall(r"^(Max [a-z ]+?)  +(\S+)", (process / "limits").read_text(), re.M))
    assert limits["Max file size"] == limits["Max processes"] == limits["Max core file size"] == "0"
    assert int(limits["Max address space"]) < 4 << 30
    assert int(limits["Max cpu time"]) <= Limits.cpu_seconds + 10
    status = (process / "status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    opened = sorted(os.readlink(one) for one in (process / "fd").iterdir())
    assert [re.sub(r"\W.*", "", one.lstrip("/")) for one in opened] == ["dev", "dev", "dev", "memfd", "socket"]


@pytest.mark.timeout(120)
def test_readers_end_with_their_parent_however_it_ends(running: Running) -> None:
    running.start()
    (running.incoming / "one.jpeg").write_bytes(jpeg(1))
    running.until_answered(1)
    assert running.process is not None
    children = Path(f"/proc/{running.process.pid}/task").glob("*/children")
    pids = [int(pid) for one in children for pid in one.read_text().split()]
    assert len(pids) == 2
    running.kill()
    running.until(lambda: not any(_lives(pid) for pid in pids), "the readers to end", 10)


def _lives(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()  # nobody may be there to bury it
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_nothing_that_runs_code_when_it_is_read_is_imported() -> None:
    forbidden = re.compile(r"^\s*(?:import|from) (?:pickle|marshal|shelve|dill|joblib|multiprocessing)\b", re.M)
    sources = [*(ROOT / "xray").rglob("*.py"), *(ROOT / "worker").rglob("*.py")]
    assert len(sources) > 30
    assert not [path.name for path in sources if forbidden.search(path.read_text())]
