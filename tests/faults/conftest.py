"""Workers to break, and what a machine must have for that."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.faults.straced import STRACE, Workers
from tests.faults.sweep import place
from tests.worker.conftest import root, running, tiny_model

__all__ = ["folder", "mounted", "root", "running", "tiny_model", "workers"]


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


Mount = Callable[..., None]


@pytest.fixture
def mounted() -> Iterator[Mount]:
    """A function that mounts, with the arguments of mount(8), the folder last; all is unmounted after the test."""
    folders: list[str] = []

    def mount(*arguments: object) -> None:
        done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True)
        if done.returncode and not folders:
            pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
        folders.append(str(arguments[-1]))

    yield mount
    for folder in reversed(folders):
        subprocess.run(["umount", "-l", folder], capture_output=True)


@cache
def _untraceable() -> str:
    done = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True)
    return done.stderr.strip().splitlines()[0] if done.returncode else ""
