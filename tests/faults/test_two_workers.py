"""Two workers on one root: one works, the other stands by; together they answer each file once."""

from pathlib import Path

import pytest

from tests.worker.drawn import jpeg
from tests.worker.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

COUNT = 240


def test_the_second_takes_over_when_the_first_is_killed_and_neither_answers_twice(
    running: Running, tiny_model: Path
) -> None:
    for number in range(COUNT):
        (running.incoming / f"{number}.jpeg").write_bytes(jpeg(number))
    workers = [running, *(Running(running.root, tiny_model) for _ in range(2))]
    try:
        for number, worker in enumerate(workers):
            worker.log = running.root.parent / f"worker {number}.log"
        workers[0].start().until_serving()
        for worker in workers[1:]:
            worker.start().until(lambda log=worker.log: "Standing by" in log.read_text(), "standing by")
        seen: dict[str, bytes] = {}
        alive = list(workers)
        for wanted in (20, 80):
            running.until(lambda wanted=wanted: running.count() >= wanted, "some results")
            running.until(lambda: any(map(_serves, alive)), "one to serve")
            (serving,) = filter(_serves, alive)
            serving.kill()
            alive.remove(serving)
            seen |= {path.name: path.read_bytes() for path in (running.root / "results").rglob("*.json")}
        results = running.until_answered(COUNT)
        assert sorted(one["source"]["name"] for one in results) == sorted(f"{number}.jpeg" for number in range(COUNT))
        now = {path.name: path.read_bytes() for path in (running.root / "results").rglob("*.json")}
        assert {name: now[name] for name in seen} == seen
        (last,) = alive
        assert last.stop() == 0
        assert running.audit() == f"seen {COUNT} = answered {COUNT} + refused 0 + in hand 0 + waiting 0"
    finally:
        for worker in workers:
            worker.kill()


def _serves(worker: Running) -> bool:
    assert worker.process is not None
    return f"process {worker.process.pid} serves" in worker.log.read_text()
