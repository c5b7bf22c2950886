"""A small run, made once per session, and model files made from it."""

from pathlib import Path

import pytest

from export.profiles import profile
from export.release import publish
from export.source import read as read_run
from export.yardstick import Yardstick, yardstick
from tests.export.drawn_run import write_run
from xray.model_file import ModelFile, read


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose model is sure of itself."""
    return write_run(tmp_path_factory.mktemp("runs") / "patches")


@pytest.fixture(scope="session")
def measured(run_folder: Path) -> Yardstick:
    """The run as its exports see it, with what its Keras model says."""
    return yardstick(read_run(run_folder))


@pytest.fixture(scope="session", params=["float32", "int8"])
def file(request: pytest.FixtureRequest, measured: Yardstick, tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    """The run as a model file, once for each profile."""
    out = tmp_path_factory.mktemp("models") / f"{request.param}.tflite"
    return read(publish(measured, profile(request.param), out).path)
