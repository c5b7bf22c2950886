"""Clocks that jump, and files from other centuries: time is for people, and nothing is decided by it."""

import os
from pathlib import Path

import pytest

from tests.worker.drawn import jpeg
from tests.worker.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

DAYS = {"1971": "-20300d", "2106": "+29000d", "yesterday": "-1d", "now": "+0d"}


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that says how far the clock of every process started from now on is off."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        pytest.skip("libfaketime is not installed: apt-get install libfaketime")
    path = tmp_path / "clock"
    path.write_text("+0d\n")
    for name, value in {
        "LD_PRELOAD": found[0],
        "FAKETIME_TIMESTAMP_FILE": path,
        "FAKETIME_NO_CACHE": 1,
        "FAKETIME_DONT_FAKE_MONOTONIC": 1,
        "NO_FAKE_STAT": 1,
    }.items():
        monkeypatch.setenv(name, str(value))
    return path


def test_a_clock_that_jumps_costs_and_doubles_nothing(running: Running, clock: Path) -> None:
    count = 0
    for restart in range(2):
        running.start().until_serving()
        for when, offset in DAYS.items():
            clock.write_text(f"{offset}\n")
            for number in range(3):
                (running.incoming / f"{restart} {when} {number}.jpeg").write_bytes(jpeg(number))
            count += 3
            running.until_answered(count)
        assert running.stop() == 0
    clock.write_text("+0d\n")
    results = running.results()
    assert {one["outcome"] for one in results} == {"answered"}
    assert len({one["id"] for one in results}) == count
    assert {one["decided"][:2] for one in results} == {"19", "20", "21"}
    first = min(results, key=lambda one: str(one["source"]["name"]))
    assert {one["scores"]["PNEUMONIA"] for one in results if one["source"]["sha256"] == first["source"]["sha256"]} == {
        first["scores"]["PNEUMONIA"]
    }
    assert running.audit() == f"seen {count} = answered {count} + refused 0 + in hand 0 + waiting 0"


def test_a_file_may_be_from_any_century(running: Running) -> None:
    years = {"1901": -(2**31), "1970": 0, "2106": 2**32, "2262": 2**63 // 10**9 + 1, "2400": 13_569_465_600}
    for name, seconds in years.items():
        path = running.incoming / f"{name}.jpeg"
        path.write_bytes(jpeg(int(name)))
        os.utime(path, (seconds, seconds))
    assert running.once().returncode == 0
    assert {one["outcome"] for one in running.results()} == {"answered"}
    assert running.count() == len(years)
    assert running.audit().startswith(f"seen {len(years)} = answered {len(years)}")
