"""What runs in a process of its own: a model file on its interpreters, timed when it is asked."""

import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.loading import load
from xray import model_file
from xray.card import InputSpec
from xray.phantom import draw
from xray.runtime import Predictor

_PICTURES = 4
_WARM_UP = 3
"""Images until memory, caches and XNNPACK's packed weights are where they stay."""


@dataclass(frozen=True)
class Loaded:
    """A file that is ready to be timed."""

    sha256: str
    profile: str
    size_bytes: int
    load_seconds: float
    """From the path to the first answer: reading (from the system's cache), checking the seal, building the interpreter,
    one image."""
    memory_bytes: int | None
    """What one interpreter added to the process, its share of the file's bytes included; None where the system (not
    Linux) does not say."""


@dataclass(frozen=True)
class Turn:
    """One turn of timing; times as the machine's monotonic clock says, which all its processes share."""

    seconds: tuple[float, ...]
    """Of each image: preprocessed pixels in, copies of all three outputs out."""
    began: float
    ended: float


class Stand:
    """Interpreters on one model file. Asked without anything it says what loading cost, asked for runs it runs."""

    def __init__(self, path: Path, threads: int, interpreters: int) -> None:
        """Load; threads are those of each interpreter."""
        self._pictures = _pictures(model_file.read(path).card.input)  # drawing them is not part of loading
        before, began = _resident_bytes(), time.monotonic()
        file = model_file.read(path)
        self._predictors = [load(file, threads=threads)]
        self._predictors[0].predict(self._pictures[0])
        load_seconds = time.monotonic() - began
        self._predictors += [load(file, threads=threads) for _ in range(interpreters - 1)]
        self._pool = ThreadPoolExecutor(interpreters)
        for predictor in self._predictors:
            self._time(predictor, _WARM_UP)
        after = _resident_bytes()
        memory = None if before is None or after is None else (after - before) // interpreters
        self._loaded = Loaded(file.sha256, file.card.profile, len(file.content), load_seconds, memory)

    def __call__(self, runs: int = 0, together: bool = False) -> Loaded | tuple[Turn, ...]:
        """Time that many images on the first interpreter, or that many on each of all of them, each in a thread."""
        if not runs:
            return self._loaded
        chosen = self._predictors if together else self._predictors[:1]
        return tuple(self._pool.map(lambda predictor: self._time(predictor, runs), chosen))

    def _time(self, predictor: Predictor, runs: int) -> Turn:
        seconds, began = [], time.monotonic()
        for number in range(runs):
            start = time.perf_counter()
            predictor.predict(self._pictures[number % _PICTURES])
            seconds.append(time.perf_counter() - start)
        return Turn(tuple(seconds), began, time.monotonic())


def _pictures(spec: InputSpec) -> list[NDArray[np.uint8]]:
    """Drawn radiographs: what a graph of fixed size costs does not hang on what it is shown."""
    drawn = (draw(seed, opacity=True, height=spec.height, width=spec.width) for seed in range(_PICTURES))
    return [np.repeat(one[:, :, np.newaxis], spec.channels, axis=2) for one in drawn]


def _resident_bytes() -> int | None:
    if sys.platform != "linux":
        return None
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
