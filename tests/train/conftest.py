"""Drawn radiographs on disk, and a run trained on them once per session."""

from pathlib import Path

import pytest

from tests.drawn import write_classes
from train.changes import with_epochs
from train.recipe import load
from train.run import Run
from train.training import Settings, train


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two classes, 24 drawn radiographs each."""
    return write_classes(tmp_path_factory.mktemp("drawn"), count=24)


@pytest.fixture(scope="session")
def run(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A small CNN after two epochs on drawn radiographs."""
    recipe = with_epochs(load("cnn"), 2)
    return train(recipe, Settings(drawn, tmp_path_factory.mktemp("runs") / "cnn", workers=1))
