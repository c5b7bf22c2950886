"""Mutated files through a whole running worker: as many answers as files.

    python -m tests.hostile.flood --files 10000

Exit code 1 where a file has no answer or more than one, where the audit finds a fault, or where a reader crashed; what
crashed it is then copied to ./fuzz/, to become a case of the corpus.
"""

import argparse
import collections
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.running import worker
from tests.hostile.mutate import mutate, seeds
from tests.hostile.watching import Watching
from tests.worker.running import command
from worker.model import reference
from xray.reasons import Reason

FINDINGS = Path("fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(description="Drop mutated files on a running worker.")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lungwatch-flood-") as folder:
        return flood(Path(folder) / "spool", given.model or reference(), given.files, given.seed)


def flood(root: Path, model: Path, count: int, seed: int) -> int:
    """Drop so many, wait for as many answers, and say what became of them."""
    (root / "incoming").mkdir(parents=True)
    start, chance = seeds(), random.Random(seed)
    with (
        worker(root, model, "--settle", "0.5", "--patience", "1", port=18091) as one,
        Watching(one.process.pid) as watch,
    ):
        began = time.monotonic()
        for number in range(count):
            path = root / "incoming" / f"{number:06d}"
            path.with_suffix(".tmp").write_bytes(mutate(start, chance))
            path.with_suffix(".tmp").rename(path)
        one.wait_for(count, poll_seconds=0.5, patience_seconds=60 + count * 0.1)
        seconds = time.monotonic() - began
        growth = watch.parent_growth_mb
    results = [json.loads(path.read_bytes()) for path in (root / "results").rglob("*.json")]
    names = {one["source"]["name"] for one in results}
    reasons = collections.Counter(str(one["reason"] or "answered") for one in results)
    longest = max(sum(value for stage, value in one["durations"].items() if stage != "queue") for one in results)
    audit = command("audit", root)
    sys.stdout.write(f"{count} files, {len(results)} answers for {len(names)} names in {seconds:.0f} s\n")
    sys.stdout.write("".join(f"{number:>8}  {reason}\n" for reason, number in reasons.most_common()))
    sys.stdout.write(f"longest reading {longest:.1f} s, largest reader {watch.largest_child_mb:.0f} MB, ")
    sys.stdout.write(f"parent grew by {growth:.1f} MB\n{audit.stdout}")
    crashed = list((root / "quarantine" / Reason.CRASHED_DECODER.value).glob("*"))
    for path in crashed:
        FINDINGS.mkdir(exist_ok=True)
        shutil.copy(path, FINDINGS)
    if crashed:
        sys.stdout.write(f"{len(crashed)} files crashed a reader: see {FINDINGS}/\n")
    return int(len(results) != count or len(names) != count or audit.returncode != 0 or bool(crashed))


if __name__ == "__main__":
    sys.exit(main())
