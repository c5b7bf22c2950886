"""The local engine: a reader that dies or hangs costs one of three tries, and nothing else."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from worker.claim import Claim, Decision
from worker.engine.local import LocalEngine
from worker.pauses import Pause
from worker.settings import Limits, Settings
from worker.settle import signature
from worker.wake import Wake
from xray.errors import SetupError
from xray.reasons import Reason

FAKE = (sys.executable, "-P", str(Path(__file__).with_name("fake_reader.py")))
READY = b'{"ready": true}'
LIMITS = Limits(wall_seconds=60.0, files_per_child=5)


@pytest.fixture
def wake() -> Iterator[Wake]:
    wake = Wake()
    yield wake
    wake.close()


@pytest.fixture
def start(tmp_path: Path, wake: Wake) -> Iterator[Callable[..., LocalEngine]]:
    engines: list[LocalEngine] = []

    def make(model: bytes = READY, limits: Limits = LIMITS, workers: int = 2) -> LocalEngine:
        settings = Settings(tmp_path, tmp_path, tmp_path, workers, limits=limits)
        engines.append(LocalEngine(settings, model, str(tmp_path), wake.set, FAKE))
        return engines[-1]

    yield make
    for engine in engines:
        engine.stop()


def claim(folder: Path, id: str, text: str = "answer") -> Claim:
    (folder / id).write_text(text)
    return Claim(id, id, signature(str(folder / id)), 0.0, 0.0, time.monotonic())


def decisions(engine: LocalEngine, wake: Wake, count: int) -> dict[str, Decision]:
    found: dict[str, Decision] = {}
    deadline = time.monotonic() + 30
    while len(found) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count} decisions"
        wake.wait(0.5)
        found |= {decision.claim.id: decision for decision in engine.decisions()}
    return found


def test_every_claim_is_decided_and_worn_readers_are_replaced(
    tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]
) -> None:
    engine = start()
    engine.submit([claim(tmp_path, f"f{number}") for number in range(30)])
    found = decisions(engine, wake, 30)
    assert {decision.reason for decision in found.values()} == {Reason.BLANK}
    assert len({decision.detail for decision in found.values()}) >= 30 / LIMITS.files_per_child
    assert engine.restarts == 0


def test_a_file_that_kills_its_reader_three_times_is_refused_and_the_others_flow(
    tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]
) -> None:
    engine = start()
    texts = {"a": "answer", "b": "crash", "c": "answer", "d": "bug", "e": "answer", "f": "answer"}
    engine.submit([claim(tmp_path, id, text) for id, text in texts.items()])
    found = decisions(engine, wake, len(texts))
    reasons = {id: decision.reason for id, decision in found.items()}
    assert reasons == {id: Reason.CRASHED_DECODER if id in "bd" else Reason.BLANK for id in texts}
    assert engine.restarts == 3
    assert found["d"].detail.startswith("ValueError at fake_reader.py:")


def test_a_reader_that_says_what_none_says_is_ended_and_the_others_flow(
    tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]
) -> None:
    engine = start()
    engine.submit([claim(tmp_path, id, text) for id, text in {"a": "answer", "b": "lie", "c": "answer"}.items()])
    found = decisions(engine, wake, 3)
    assert {id: decision.reason for id, decision in found.items()} == {
        "a": Reason.BLANK,
        "b": Reason.CRASHED_DECODER,
        "c": Reason.BLANK,
    }
    assert engine.restarts == 3


def test_a_missing_decoder_is_not_the_files_fault(
    tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]
) -> None:
    engine = start(workers=1)
    engine.submit([claim(tmp_path, "a"), claim(tmp_path, "lacking", "lack")])
    assert decisions(engine, wake, 1).keys() == {"a"}
    deadline = time.monotonic() + 30
    while engine.trouble is not Pause.NO_DECODER:
        assert time.monotonic() < deadline
        wake.wait(0.1)
    assert engine.decisions() == []
    assert engine.restarts == 0


def test_a_file_that_takes_too_long_is_refused(tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]) -> None:
    engine = start(limits=Limits(cpu_seconds=1, wall_seconds=2.0))
    engine.submit([claim(tmp_path, "hangs", "hang"), claim(tmp_path, "spins", "spin"), claim(tmp_path, "fine")])
    found = decisions(engine, wake, 3)
    assert found["hangs"].reason is found["spins"].reason is Reason.TOO_SLOW
    assert found["fine"].reason is Reason.BLANK


def test_what_is_no_plain_file_of_one_name_is_never_read(
    tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/passwd")
    claims = [claim(tmp_path, "twice"), claim(tmp_path, "changed"), claim(tmp_path, "gone"), claim(tmp_path, "denied")]
    os.link(tmp_path / "twice", tmp_path / "twice again")
    (tmp_path / "changed").write_text("something else")
    (tmp_path / "gone").unlink()
    (tmp_path / "denied").chmod(0)
    claims += [Claim(id, id, signature(str(tmp_path / id)), 0.0, 0.0, 0.0) for id in ("pipe", "link")]
    # A recovered claim knows nothing of what kind it was.
    claims += [replace(one, id=one.id, signature=one.signature._replace(mode=0)) for one in claims[-2:]]
    engine = start()
    engine.submit(claims)
    found = decisions(engine, wake, 6)
    assert found["pipe"].reason is found["link"].reason is Reason.NOT_A_FILE
    assert found["twice"].reason is Reason.HARD_LINKED
    assert found["changed"].reason is found["gone"].reason is Reason.CHANGED
    if os.geteuid():
        assert found["denied"].reason is Reason.NOT_READABLE


def test_a_model_that_cannot_be_run_stops_the_worker(wake: Wake, start: Callable[..., LocalEngine]) -> None:
    engine = start(b'{"setup_error": "the model is no model"}')
    with pytest.raises(SetupError, match="the model is no model"):
        decisions(engine, wake, 1)


def test_readers_end_with_the_engine(tmp_path: Path, wake: Wake, start: Callable[..., LocalEngine]) -> None:
    engine = start()
    engine.submit([claim(tmp_path, "a")])
    pid = int(decisions(engine, wake, 1)["a"].detail.split()[-1])
    engine.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
