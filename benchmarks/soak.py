"""A long run: does a worker that answers file after file grow, in memory, descriptors or metric series?

    python -m benchmarks.soak                   100,000 files through one worker, then 100,000 that wait at its start
    python -m benchmarks.soak --files 20000 --waiting 20000

Exit code 1 where a limit is not kept. The slope is a least-squares line over the second half, when caches are warm.
"""

import argparse
import itertools
import os
import re
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.radiographs import copies
from benchmarks.running import RunningWorker, worker
from tests.worker.drawn import jpeg
from worker.model import reference

SLOPE_MB = 1.0
"""Growth of a process for every 10,000 files."""
SERIES = 200
FIRST_ANSWER_SECONDS = 5.0
_BACKLOG = 500
"""Files that wait at a time: enough that the worker never rests."""
_SAMPLES = 40


@dataclass(frozen=True)
class Sample:
    """What the processes hold after so many answers."""

    files: int
    parent_mb: float
    child_mb: float
    parent_descriptors: int
    child_descriptors: int


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a worker for long and see whether it grows.")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--model", type=Path, default=None)
    given = parser.parse_args()
    model = given.model or reference()
    failures = []
    with tempfile.TemporaryDirectory(prefix="lungwatch-soak-") as folder:
        if given.files:
            failures += soak(Path(folder) / "long", model, given.files)
        if given.waiting:
            failures += wait(Path(folder) / "waiting", model, given.waiting)
    for failure in failures:
        print("NOT KEPT:", failure)
    return int(bool(failures))


def soak(root: Path, model: Path, count: int) -> list[str]:
    """Answer so many files; return which limits were not kept."""
    (root / "incoming").mkdir(parents=True)
    with worker(root, model, "--settle", "0.5", port=18092) as one:
        began = time.monotonic()
        samples = list(_run(one, count))
        seconds = time.monotonic() - began
        with urllib.request.urlopen(f"http://{one.address}/metrics") as page:
            text = page.read().decode()
    series = len(re.findall(r"^lungwatch_(?!\w+_bucket|\w+_created)", text, re.M))
    half = [sample for sample in samples if sample.files >= count / 2]
    print(f"{count} files in {seconds:.0f} s ({count / seconds:.0f} a second)")
    print(f"{'files':>8} {'parent MB':>10} {'child MB':>10} {'parent fds':>11} {'child fds':>10}")
    for sample in samples[:: len(samples) // 10 or 1]:
        print(f"{sample.files:>8} {sample.parent_mb:>10.1f} {sample.child_mb:>10.1f}", end=" ")
        print(f"{sample.parent_descriptors:>11} {sample.child_descriptors:>10}")
    slopes = {kind: _slope(half, f"{kind}_mb") for kind in ("parent", "child")}
    print("MB for every 10,000 files: " + ", ".join(f"{kind} {slope:+.2f}" for kind, slope in slopes.items()))
    print(f"metric series, buckets aside: {series}")
    failures = [f"{kind} grows by {slope:.2f} MB" for kind, slope in slopes.items() if slope >= SLOPE_MB]
    for kind in ("parent", "child"):
        held = [getattr(sample, f"{kind}_descriptors") for sample in half]
        if max(held) > min(held) + 8:
            failures.append(f"{kind} holds {min(held)} to {max(held)} descriptors")
    return failures + ([f"{series} series"] if series >= SERIES else [])


def wait(root: Path, model: Path, count: int) -> list[str]:
    """Start with so many waiting files; return which limits were not kept."""
    (root / "incoming").mkdir(parents=True)
    for number, data in enumerate(_files(count)):
        (root / "incoming" / f"{number:07d}.jpeg").write_bytes(data)
    began = time.monotonic()
    with worker(root, model, port=18093) as one:
        first = one.wait_for(1, poll_seconds=0.02) - began
        time.sleep(5)
        held = one.resident_mb()
    print(f"{count} waiting files: first answer {first:.1f} s after the start, parent {held['parent']:.0f} MB")
    return [f"the first answer came after {first:.1f} s"] if first > FIRST_ANSWER_SECONDS else []


def _run(one: RunningWorker, count: int) -> Iterator[Sample]:
    files, step = _files(count), max(count // _SAMPLES, 1)
    dropped = 0
    for sampled in itertools.count(step, step):
        target = min(sampled, count)
        while (answered := one.results()) < target:
            for number, data in zip(range(dropped, min(answered + _BACKLOG, count)), files, strict=False):
                path = one.incoming / f"{number:07d}.tmp"
                path.write_bytes(data)
                path.rename(path.with_suffix(".jpeg"))
                dropped = number + 1
            time.sleep(0.1)
        yield _sample(one, answered)
        if target == count:
            return


def _files(count: int) -> Iterator[bytes]:
    for start in range(0, count, 1000):
        for number in range(start, min(start + 1000, count)):
            (data,) = copies([jpeg(number % 8)], 1)
            yield data.replace(b"copy 00000000", f"copy {number:08d}".encode())


def _sample(one: RunningWorker, files: int) -> Sample:
    held, processes = one.resident_mb(), one.processes()
    descriptors = {kind: max(_descriptors(pid) for pid in pids) for kind, pids in processes.items()}
    return Sample(files, held["parent"], held["child"], descriptors["parent"], descriptors["child"])


def _descriptors(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:  # ended since it was listed
        return 0


def _slope(samples: list[Sample], what: str) -> float:
    """MB for every 10,000 files."""
    files = [sample.files for sample in samples]
    return float(np.polyfit(files, [getattr(sample, what) for sample in samples], 1)[0] * 10_000)


if __name__ == "__main__":
    sys.exit(main())
