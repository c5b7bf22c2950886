"""A worker under `strace`: which calls it makes on its root, and one of them made to fail."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

CHECKOUT = Path(__file__).parents[2]
STRACE = shutil.which("strace")

CHANGING = (
    *("write", "pwrite64", "ftruncate", "fsync", "fdatasync", "syncfs"),
    *("rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "openat"),
)
"""The calls that change a disk or wait for it; of `openat` those that may create."""

_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (\S+)(.*)$")


class Point(NamedTuple):
    """One call of a run: the so-manyth of its name in the main thread."""

    call: str
    number: int
    text: str = ""
    """What it was in the run that it was found in, for people."""


@dataclass(frozen=True)
class Injection:
    """Make a call fail: `KILL` ends the worker before the call is carried out, all else is an errno."""

    point: Point
    fault: str

    @property
    def expression(self) -> str:
        kind = "signal=KILL" if self.fault == "KILL" else f"error={self.fault}"
        return f"inject={self.point.call}:{kind}:when={self.point.number}"


@dataclass(frozen=True)
class Ended:
    """A run that is over."""

    code: int
    log: str
    trace: tuple[str, ...] = ()

    @property
    def struck(self) -> str | None:
        """The line of the call that was made to fail, or None if the run ended before it."""
        if self.code == -9:
            return self.trace[-1] if self.trace else None
        return next((line for line in self.trace if "(INJECTED)" in line), None)


class Workers:
    """Starts workers in forks of one prepared process, on request under `strace`."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-P", str(Path(__file__).with_name("prepared.py"))]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT, env=environment
        )
        self._scratch = Path(tempfile.mkdtemp(prefix="lungwatch-faults-"))
        self.runs = 0

    def run(
        self,
        arguments: Iterable[object],
        *,
        variant: str = "nothing",
        inject: Injection | None = None,
        trace: bool = False,
    ) -> Ended:
        """Run `lungwatch-worker` with these arguments to its end."""
        self.runs += 1
        log, lines = self._scratch / "log", self._scratch / "trace"
        log.write_bytes(b"")
        order = {"arguments": list(map(str, arguments)), "variant": variant, "log": str(log)}
        pid = self._say(order)["pid"]
        tracer = None
        if inject or trace:
            marks = () if inject else ("newfstatat", "lstat")
            expressions = [
                "-e",
                "trace=" + ",".join((*CHANGING, *marks)),
                *(["-e", inject.expression] if inject else []),
            ]
            command = ["strace", "-o", str(lines), "-y", "-s", "0", *expressions, "-p", str(pid)]
            tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
            assert tracer.stderr is not None
            said = tracer.stderr.readline()
            assert "attached" in said, said
        code = self._say({})["code"]
        if tracer is not None:
            tracer.communicate(timeout=20)
        traced = tuple(lines.read_text(errors="surrogateescape").splitlines()) if tracer else ()
        return Ended(code, log.read_text(errors="replace"), _whole(traced))

    def _say(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        reply: dict[str, Any] = json.loads(self._process.stdout.readline())
        return reply

    def close(self) -> None:
        """End the prepared process."""
        self._process.communicate(timeout=20)
        shutil.rmtree(self._scratch)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RealWorkers:
    """The same for `python -m worker`, started afresh each time, with readers and a model."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(
        self,
        arguments: Iterable[object],
        *,
        variant: str = "nothing",
        inject: Injection | None = None,
        trace: bool = False,
    ) -> Ended:
        """Run `python -m worker` with these arguments to its end."""
        lines = self._folder / "trace"
        command = [sys.executable, "-m", "worker", *map(str, arguments)]
        if inject or trace:
            expressions = ["-e", "trace=" + ",".join(CHANGING), *(["-e", inject.expression] if inject else [])]
            command = ["strace", "-o", str(lines), "-y", "-s", "0", *expressions, *command]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LUNGWATCH_")}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)  # else compiling takes longer than all the rest
        environment = {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "lungwatch-tests"), **kept}
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=60)
        traced = tuple(lines.read_text(errors="surrogateescape").splitlines()) if inject or trace else ()
        return Ended(done.returncode, done.stdout + done.stderr, _whole(traced))


def _whole(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if not line.startswith(("+++", "---")))


def points(trace: Iterable[str], root: Path) -> list[Point]:
    """Return the calls in a trace that touch this root."""
    counts: dict[str, int] = {}
    found = []
    for line in trace:
        matched = _LINE.match(line)
        if not matched or matched[1] not in CHANGING:
            continue
        call, given = matched[1], matched[2]
        counts[call] = counts.get(call, 0) + 1
        if str(root) not in given or (call == "openat" and "O_CREAT" not in given):
            continue
        found.append(Point(call, counts[call], given.replace(str(root), "ROOT")))
    return found
