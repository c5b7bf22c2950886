"""Measuring model files side by side: each in processes of its own, in turns, so that noise falls on all alike."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.bench.figures import Measured, Rounds, measured
from export.bench.stand import Loaded, Stand, Turn
from export.child import PATIENCE_SECONDS, Child

ROUNDS = 5
"""Every file has its turn in each; ratios are taken within a round."""
_SLOWEST_SECONDS = 5.0
"""For one image: more than any model takes on a small device whose cores are all busy."""


@dataclass(frozen=True)
class Way:
    """How files are run."""

    threads: int = 1
    """Of each interpreter."""
    interpreters: int = 1
    in_threads: bool = False
    """All interpreters of a file in one process, in threads; else in a process each, as a worker runs them."""
    runs: int = 100
    """Images timed on each interpreter over all rounds; at least one a round."""

    @property
    def turn(self) -> int:
        return max(1, self.runs // ROUNDS)


def measure(paths: Sequence[Path], reference: Path, way: Way) -> tuple[Measured, ...]:
    """Measure model files against one of them.

    Args:
        paths: At least one; `reference` is among them.
        reference: What ratios are taken against.
        way: How they are run.

    Raises:
        SetupError: A file cannot be loaded or run.
    """
    with ExitStack() as stack:
        stands: dict[Path, list[Child]] = {path: [] for path in paths}
        loaded: dict[Path, Loaded] = {}
        for path in paths:
            for child in _start(path, way):  # the next one starts when this one has loaded, since loading is timed
                stands[path].append(stack.enter_context(child))
                loaded.setdefault(path, _asked(child))
        rounds = _rounds(stands, way)
    return tuple(measured(named(path, paths), loaded[path], rounds[path], rounds[reference]) for path in paths)


def named(path: Path, among: Sequence[Path]) -> str:
    """Name a file as briefly as tells it from the others."""
    return path.name if [one.name for one in among].count(path.name) == 1 else str(path)


def _start(path: Path, way: Way) -> Iterator[Child]:
    processes, each = (1, way.interpreters) if way.in_threads else (way.interpreters, 1)
    for _ in range(processes):
        yield Child(Stand, path, way.threads, each)


def _rounds(stands: Mapping[Path, Sequence[Child]], way: Way) -> dict[Path, Rounds]:
    alone: dict[Path, list[Turn]] = {path: [] for path in stands}
    together: dict[Path, list[tuple[Turn, ...]]] = {path: [] for path in stands}
    for number in range(ROUNDS):
        for path in list(stands)[:: 1 if number % 2 else -1]:  # whoever comes first meets another machine
            alone[path] += _asked(stands[path][0], way.turn)
            for child in stands[path]:
                child.ask(way.turn, True)
            turns = [_answered(child, way.turn) for child in stands[path]]
            together[path].append(tuple(turn for answer in turns for turn in answer))
    return {path: Rounds(tuple(alone[path]), tuple(together[path])) for path in stands}


def _asked(child: Child, *question: int) -> Any:
    child.ask(*question)
    return _answered(child, *question)


def _answered(child: Child, runs: int = 0) -> Any:
    return child.answer(PATIENCE_SECONDS + _SLOWEST_SECONDS * runs)
