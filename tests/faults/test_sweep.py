"""The short part of `make faults`: a sample of all faults at all calls, and the two controls."""

from pathlib import Path

import pytest

from tests.faults.broken import VARIANTS
from tests.faults.straced import RealWorkers, Workers
from tests.faults.sweep import real_files, sweep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def test_no_fault_at_any_call_costs_or_doubles_a_file(workers: Workers, folder: Path) -> None:
    report = sweep([workers], folder, every=13)
    assert report.violations == [], report
    assert report.injections >= 30
    assert report.missed <= 3
    assert report.crashes_in_recovery >= 5


def test_nor_does_it_with_real_readers_and_a_model(workers: Workers, folder: Path, tiny_model: Path) -> None:
    report = sweep([RealWorkers(folder)], folder, every=301, files=real_files(), model=tiny_model)
    assert report.violations == [], report
    assert report.injections + report.missed >= 2


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_harness_catches_a_worker_that_breaks_the_protocol(workers: Workers, folder: Path, variant: str) -> None:
    violations = sweep([workers], folder, variant=variant, faults=["KILL"], where="/results", enough=1).violations
    assert any("a result" in violation and "Traceback" not in violation for violation in violations), violations
