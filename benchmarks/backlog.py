"""100,000 files wait when the worker starts: how soon is the first answer there, and what memory does that take?

    python -m benchmarks.backlog

Prints the time to the first and to the thousandth answer, and the memory of the parent beside that with an empty folder.
"""

import tempfile
import time
from pathlib import Path

import click

from benchmarks.radiographs import tiny
from benchmarks.running import worker

REFERENCE = Path("models/pneumonia-mobilenet-int8.tflite")


@click.command()
@click.option("--model", type=click.Path(path_type=Path), default=REFERENCE, show_default=True)
@click.option("--files", default=100_000, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), help="Where to work.  [default: a temporary folder]")
def main(model: Path, files: int, folder: Path | None) -> None:
    """Start on a full folder, and on an empty one to compare with."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        with worker(Path(place, "empty"), model, "--log-level", "warning") as running:
            empty = running.resident_mb()["parent"]
        incoming = Path(place, "full", "incoming")
        incoming.mkdir(parents=True)
        for number in range(files):
            (incoming / f"{number:06d}.png").write_bytes(tiny(number))
        started = time.monotonic()
        with worker(Path(place, "full"), model, "--log-level", "warning") as running:
            ready = running.seconds_to_ready
            first = running.wait_for(1) - started
            thousandth = running.wait_for(min(1000, files)) - started
            memory = running.resident_mb()["parent"]
        click.echo(
            f"{files} files waiting: ready after {ready:.2f} s, first answer {first:.2f} s after the start (aim < 5), "
            f"the thousandth {thousandth:.2f} s; parent {memory:.0f} MB, with an empty folder {empty:.0f} MB"
        )


if __name__ == "__main__":
    main()
