"""The short part of `make faults`: a sample of all faults at all calls, and the two controls."""

from pathlib import Path

import pytest

from tests.faults.broken import VARIANTS
from tests.faults.straced import Workers
from tests.faults.sweep import sweep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def test_no_fault_at_any_call_costs_or_doubles_a_file(workers: Workers, folder: Path) -> None:
    report = sweep([workers], folder, every=13)
    assert report.violations == [], report
    assert report.injections >= 30
    assert report.missed <= 3
    assert report.crashes_in_recovery >= 5


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_harness_catches_a_worker_that_breaks_the_protocol(workers: Workers, folder: Path, variant: str) -> None:
    violations = sweep([workers], folder, variant=variant, faults=["KILL"], enough=1).violations
    assert any("a result" in violation and "Traceback" not in violation for violation in violations), violations
