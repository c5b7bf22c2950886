"""20,000 files written while the worker hears nothing: are there 20,000 answers?

    python -m benchmarks.burst

The worker is stopped (SIGSTOP) while the files are written, so that the kernel's queue of events overflows. Exit code 1
where an answer is missing or doubled.
"""

import json
import signal
import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks.radiographs import tiny
from benchmarks.running import worker

REFERENCE = Path("models/pneumonia-mobilenet-int8.tflite")


@click.command()
@click.option("--model", type=click.Path(path_type=Path), default=REFERENCE, show_default=True)
@click.option("--files", default=20_000, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), help="Where to work.  [default: a temporary folder]")
def main(model: Path, files: int, folder: Path | None) -> None:
    """Write many files while the worker stands still, and count the answers."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as place,
        worker(Path(place), model, "--log-level", "warning") as running,
    ):
        running.process.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        for number in range(files):
            (running.incoming / f"{number:06d}.png").write_bytes(tiny(number))
        written = time.monotonic()
        running.process.send_signal(signal.SIGCONT)
        took = running.wait_for(files, poll_seconds=0.5, patience_seconds=900) - written
        names = [json.loads(path.read_bytes())["source"]["name"] for path in (running.root / "results").rglob("*.json")]
        left = sum(1 for _ in running.incoming.iterdir())
        memory = ", ".join(f"{kind} {size:.0f} MB" for kind, size in running.resident_mb().items())
        click.echo(
            f"{files} files written in {written - started:.1f} s to a stopped worker; {len(names)} answers "
            f"({len(set(names))} names) {took:.1f} s after it went on, {files / took:.0f} files/s; {left} left; {memory}"
        )
    sys.exit(0 if len(names) == len(set(names)) == files and not left else 1)


if __name__ == "__main__":
    main()
