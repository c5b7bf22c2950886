"""A run trained on drawn radiographs once per session, and a model file made from it."""

from pathlib import Path

import pytest

from export.profiles import profile
from export.release import release
from tests.drawn import write_classes
from train.changes import with_epochs
from train.recipe import load
from train.training import Settings, train
from xray.model_file import ModelFile, read


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small CNN after four epochs on drawn radiographs: long enough to be sure of itself."""
    data = write_classes(tmp_path_factory.mktemp("data"), count=32)
    folder = tmp_path_factory.mktemp("runs") / "cnn"
    return train(with_epochs(load("cnn"), 4), Settings(data, folder, workers=1)).folder


@pytest.fixture(scope="session", params=["float32", "int8"])
def file(request: pytest.FixtureRequest, run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    """The run as a model file, once for each profile."""
    out = tmp_path_factory.mktemp("models") / f"{request.param}.tflite"
    return read(release(run_folder, profile(request.param), out).path)
