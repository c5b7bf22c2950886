"""The reader: open file in, plain numbers out; with the cell's limits really in force."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.worker.drawn import jpeg, png
from worker import reader
from worker.reader import Reader, load
from xray.errors import SetupError


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> Reader:
    return load(tiny_model.read_bytes(), None)


def read(reader: Reader, path: Path) -> dict[str, object]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return reader.read(descriptor)
    finally:
        os.close(descriptor)


def test_an_answer_is_plain_json(tiny: Reader, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(png(1))
    reply = read(tiny, tmp_path / "a")
    assert json.loads(json.dumps(reply)) == reply
    assert list(reply["durations"]) == ["read", "decode", "preprocess", "predict", "decide"]  # type: ignore[call-overload]
    assert reply["format"] == "PNG"


def test_the_same_picture_gets_the_same_scores(tiny: Reader, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(jpeg(1))
    first, second = read(tiny, tmp_path / "a"), read(tiny, tmp_path / "a")
    assert first["answer"] == second["answer"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"text", "unknown_format"),
        (jpeg(0)[:-2], "incomplete"),
        (b"\xff\xd8\xff" + b"?" * 99 + b"\xff\xd9", "damaged"),
    ],
)
def test_what_cannot_be_read_is_refused(tiny: Reader, tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a").write_bytes(content)
    reply = read(tiny, tmp_path / "a")
    assert reply["reason"] == reason
    assert "answer" not in reply


def test_an_unknown_operating_point_stops_the_worker(tiny_model: Path) -> None:
    assert load(tiny_model.read_bytes(), "sensitive").operating_point is not None
    with pytest.raises(SetupError, match="balanced, sensitive"):
        load(tiny_model.read_bytes(), "made up")


LOCKED = """
import os, resource, sys
import numpy
from worker import cell
cell.lock(64 << 20)
cell.allow_cpu(5)
try:
    numpy.ones(200 << 20, numpy.uint8)
except MemoryError:
    print("memory")
try:
    with open(sys.argv[1], "wb", buffering=0) as file:
        file.write(b"x")
except OSError as error:
    print("file", os.strerror(error.errno))
print("cpu", resource.getrlimit(resource.RLIMIT_CPU)[0] < 60)
print("core", resource.getrlimit(resource.RLIMIT_CORE)[0])
"""


def test_the_cell_limits_memory_files_and_cpu(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOCKED, tmp_path / "written"],
        cwd=Path(reader.__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["memory", "file Operation not permitted", "cpu True", "core 0"], done.stderr
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 0
