"""`make faults`: the whole sweep, and proof that it catches two broken workers. Exit code 1 where it does not hold."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from tests.faults.broken import VARIANTS
from tests.faults.straced import CHECKOUT, STRACE, RealWorkers, Workers
from tests.faults.sweep import Report, place, real_files, sweep

MODEL = next(iter(sorted((CHECKOUT / "models").glob("*.tflite"))), None)


def _tell(what: str, report: Report) -> bool:
    print(f"{what}: {report}", flush=True)
    for violation in report.violations:
        print("  " + violation)
    return bool(report.violations)


if __name__ == "__main__":
    if not STRACE:
        sys.exit("strace is not installed: apt-get install strace")
    failed = False
    with tempfile.TemporaryDirectory(dir=place()) as folder, contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Workers()) for _ in os.sched_getaffinity(0)]
        failed |= _tell("no readers", sweep(workers, Path(folder)))
        if MODEL:
            real = [RealWorkers(Path(tempfile.mkdtemp(dir=folder))) for _ in workers]
            report = sweep(real, Path(folder), every=29, files=real_files(), model=MODEL)
            failed |= _tell(f"real readers and {MODEL.name}", report)
        for variant in VARIANTS:
            caught = sweep(
                workers, Path(folder), variant=variant, faults=["KILL"], where="/results", enough=1
            ).violations
            failed |= not caught
            print(f"control {variant}: {'caught: ' + caught[0] if caught else 'NOT CAUGHT'}")
    sys.exit(failed)
