"""Workers to break, and what a machine must have for that."""

import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.faults.straced import STRACE, Workers
from tests.faults.sweep import place

__all__ = ["folder", "workers"]


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """Workers under strace; skipped where there is none, or none may be attached."""
    if not STRACE:
        pytest.skip("strace is not installed: apt-get install strace")
    if why := _untraceable():
        pytest.skip(f"strace may not trace here: {why}")
    with Workers() as workers:
        yield workers


@pytest.fixture
def folder() -> Iterator[Path]:
    """A fresh folder on a disk that is fast."""
    with tempfile.TemporaryDirectory(dir=place()) as made:
        yield Path(made)


@cache
def _untraceable() -> str:
    done = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True)
    return done.stderr.strip().splitlines()[0] if done.returncode else ""
