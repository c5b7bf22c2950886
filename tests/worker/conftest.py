"""A tiny model, and a drop folder for each test."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worker.running import Running

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tiny_model(request: pytest.FixtureRequest) -> Path:
    """A model file of a few kilobytes. Made by TensorFlow in a process of its own, once for each version of its source."""
    source = Path(__file__).with_name("tiny.py")
    digest = hashlib.sha256(source.read_bytes() + (ROOT / "xray" / "card.py").read_bytes()).hexdigest()[:16]
    path = Path(request.config.cache.mkdir("lungwatch-tiny")) / f"{digest}.tflite"
    if not path.exists():
        made = path.with_suffix(f".{os.getpid()}")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run([sys.executable, source, made], check=True, env=environment, capture_output=True, timeout=100)
        made.rename(path)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A drop folder that nobody serves yet."""
    (tmp_path / "spool" / "incoming").mkdir(parents=True)
    return tmp_path / "spool"


@pytest.fixture
def running(root: Path, tiny_model: Path) -> Iterator[Running]:
    """The real command on `root`, not started yet; killed after the test if it still runs."""
    worker = Running(root, tiny_model)
    yield worker
    worker.kill()
