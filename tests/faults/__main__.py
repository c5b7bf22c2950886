"""`make faults`: the whole sweep, and proof that it catches two broken workers. Exit code 1 where it does not hold."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from tests.faults.broken import VARIANTS
from tests.faults.straced import STRACE, Workers
from tests.faults.sweep import place, sweep

if __name__ == "__main__":
    if not STRACE:
        sys.exit("strace is not installed: apt-get install strace")
    failed = False
    with tempfile.TemporaryDirectory(dir=place()) as folder, contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Workers()) for _ in os.sched_getaffinity(0)]
        report = sweep(workers, Path(folder))
        print(report)
        for violation in report.violations:
            print("  " + violation)
        failed |= bool(report.violations)
        for variant in VARIANTS:
            caught = sweep(workers, Path(folder), variant=variant, faults=["KILL"], enough=1).violations
            failed |= not caught
            print(f"control {variant}: {'caught: ' + caught[0] if caught else 'NOT CAUGHT'}")
    sys.exit(failed)
