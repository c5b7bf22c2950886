"""The sweep: a fault at every call on the root, another crash while recovering, then a clean run and the verdict."""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.invariant import Witness
from tests.faults.straced import Injection, Point, RealWorkers, Workers, points
from tests.worker.drawn import jpeg

FAULTS = ("KILL", "ENOSPC", "EIO", "ESTALE")

FILES = {
    "one.png": b"good 1",
    "bad.png": b"bad",
    "folder/two.png": b"good 2",
    "again.png": b"good 1",
}


@dataclass
class Report:
    """What a sweep did and found."""

    injections: int = 0
    crashes_in_recovery: int = 0
    missed: int = 0
    """Faults whose call did not come: the run went another way."""
    ends: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {end}" for end, count in self.ends.most_common())
        return (
            f"{self.injections} injections ({ends}), {self.crashes_in_recovery} second crashes while recovering, "
            f"{self.missed} not reached, {len(self.violations)} violations, {self.seconds:.0f} s"
        )


def sweep(
    workers: Sequence[Workers | RealWorkers],
    folder: Path,
    *,
    variant: str = "nothing",
    faults: Sequence[str] = FAULTS,
    every: int = 1,
    where: str = "",
    enough: int | None = None,
    files: dict[str, bytes] = FILES,
    model: Path = Path("none.tflite"),
) -> Report:
    """Inject each fault at each call in turn.

    Args:
        workers: Who runs; they share the work.
        folder: Where roots can be made.
        variant: Name of a worker in `tests.faults.broken`.
        faults: What to inject.
        every: Take every so-manyth case only.
        where: Take only calls on paths that hold this.
        enough: Stop after so many violations.
        files: What is dropped.
        model: The model file, where a real one is needed.
    """
    started = time.monotonic()
    first, again = _learn(workers[0], folder, variant, files, model)
    cases = [Injection(point, fault) for point in first if where in point.text for fault in faults][::every]
    report = Report()

    def work(these: Workers | RealWorkers, share: int) -> None:
        for number in range(share, len(cases), len(workers)):
            if enough is not None and len(report.violations) >= enough:
                return
            injection, second = cases[number], Injection(again[number % len(again)], "KILL")
            with tempfile.TemporaryDirectory(dir=folder) as made:
                for wrong in _case(these, Path(made) / "spool", variant, injection, second, report, files, model):
                    point = injection.point
                    report.violations.append(
                        f"{injection.fault} at {point.call} {point.number} ({point.text}): {wrong}"
                    )

    with ThreadPoolExecutor(len(workers)) as pool:
        for share in [pool.submit(work, these, share) for share, these in enumerate(workers)]:
            share.result()
    report.seconds = time.monotonic() - started
    return report


def _case(
    workers: Workers | RealWorkers,
    root: Path,
    variant: str,
    injection: Injection,
    second: Injection,
    report: Report,
    files: dict[str, bytes],
    model: Path,
) -> Iterator[str]:
    witness = drop(root, files)
    run = once(root, model)
    ended = workers.run(run, variant=variant, inject=injection)
    if ended.struck is None:
        report.missed += 1
    else:
        report.injections += 1
        report.ends[_end(ended.code)] += 1
    if "Traceback" in ended.log:
        yield f"it fell over: {ended.log.splitlines()[-1]}"
    yield from witness.look()
    recovering = workers.run(run, variant=variant, inject=second)
    report.crashes_in_recovery += recovering.struck is not None and recovering.code == -9
    yield from witness.look()
    clean = workers.run(run, variant=variant)
    if clean.code not in (0, 1) or "Traceback" in clean.log:
        yield f"the clean run ended with {clean.code}: {clean.log[-300:]}"
    yield from witness.verdict()
    audited = workers.run(["audit", "--root", root])
    if audited.code:
        yield f"the worker's own audit: {audited.log}"


def place() -> Path | None:
    """Return where syncs cost nothing, if there is such a place: none of them is needed to survive a dead process."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else None


def drop(root: Path, files: dict[str, bytes] = FILES) -> Witness:
    """Make a root and let files land in it."""
    for name, content in files.items():
        path = root / "incoming" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Witness(root, dict(files))


def real_files() -> dict[str, bytes]:
    """Return files for a worker with a model: three to answer, two of them the same, and one to refuse."""
    return {"one.jpeg": jpeg(1), "bad.png": b"no picture", "folder/two.jpeg": jpeg(2), "again.jpeg": jpeg(1)}


def once(root: Path, model: Path = Path("none.tflite")) -> list[object]:
    """Return the arguments of a run over what is there."""
    return ["once", "--root", root, "--model", model, "--settle", "0", "--workers", "1"]


def _learn(
    workers: Workers | RealWorkers, folder: Path, variant: str, files: dict[str, bytes], model: Path
) -> tuple[list[Point], list[Point]]:
    """Return the calls of a run on fresh files, and of one that recovers from a crash in the middle of everything."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        root = Path(made) / "spool"
        drop(root, files)
        learned = workers.run(once(root, model), variant=variant, trace=True)
    first = points(learned.trace, root)
    renames = [point for point in first if point.call == "rename"]
    assert len(renames) > len(files), f"without any fault the worker ended with {learned.code}: {learned.log}"
    with tempfile.TemporaryDirectory(dir=folder) as made:
        root = Path(made) / "spool"
        drop(root, files)
        workers.run(once(root, model), variant=variant, inject=Injection(renames[len(renames) // 2], "KILL"))
        again = points(workers.run(once(root, model), variant=variant, trace=True).trace, root)
    return first, again


def _end(code: int) -> str:
    return {-9: "killed", 0: "went on", 1: "went on", 2: "stopped with a sentence"}.get(code, f"ended with {code}")
