"""What all tests share: where the real radiographs are, and a quiet TensorFlow."""

import os
from pathlib import Path

import pytest

# Read by libraries while they are imported, so they are set before any test module is.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

_NO_DATA = "LUNGWATCH_DATA is not set: it names the folder with the real radiographs"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with the real radiographs; a test that asks for it is marked `data`."""
    named = os.environ.get("LUNGWATCH_DATA")
    if not named:
        pytest.skip(_NO_DATA)
    folder = Path(named).resolve()
    if not folder.is_dir():
        pytest.fail(f"LUNGWATCH_DATA={named} is not a folder; correct it, or unset it to skip these tests")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("LUNGWATCH_DATA"):
        return
    for item in items:
        if item.get_closest_marker("data"):
            item.add_marker(pytest.mark.skip(reason=_NO_DATA))
