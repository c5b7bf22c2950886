"""Is the worker fast? Against the bare loop and against the plain script, on the same files, in one run.

    LUNGWATCH_DATA=../shared/data python -m benchmarks.throughput

What the worker adds to the bare loop, in ms of CPU a file of 160 KB: in the reader 0.3 (SHA-256 0.13, decide 0.1, the
rest socket and JSON), in the parent 0.7 (half of it the interpreter, a quarter the kernel, the rest SQLite and libc).

Prints: files per second under a backlog of the bare loop, of the running worker and of a plain `model.predict` script,
and their ratios; time from drop to result of a single file; cold start; memory; CPU when idle.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks.bare_loop import measure
from benchmarks.radiographs import copies, radiographs
from benchmarks.running import RunningWorker, worker

REFERENCE = Path("models/pneumonia-mobilenet-int8.tflite")


@click.command()
@click.option("--model", type=click.Path(path_type=Path), default=REFERENCE, show_default=True)
@click.option("--files", default=3000, show_default=True, help="Size of the backlog.")
@click.option("--rounds", default=3, show_default=True, help="Bare loop and worker in turn, so often.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to work.  [default: a temporary folder]")
@click.option("--plain/--no-plain", default=True, show_default=True, help="Also the plain script (needs TensorFlow).")
def main(model: Path, files: int, rounds: int, folder: Path | None, plain: bool) -> None:
    """Measure the worker against the bare loop and the plain script."""
    processes = os.cpu_count() or 1
    found, described = radiographs()
    click.echo(f"files: {files} copies of {described}; {processes} processes each; model {model.name}")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        ratios, cpu_ratios, worker_rates = [], [], []
        for number in range(rounds):
            base = Path(place, str(number))
            backlog = _write(copies(found, files), base / "backlog")
            bare = measure(backlog, model, processes)
            with worker(base / "root", model, "--workers", str(processes)) as running:
                before = running.cpu_seconds()
                rate = _backlog(running, base / "backlog", files)
                cpu_ms = 1000 * (running.cpu_seconds() - before) / files
                memory = running.resident_mb()
            worker_rates.append(rate)
            ratios.append(rate / bare.files_per_second)
            cpu_ratios.append(bare.cpu_ms_per_file / cpu_ms)
            click.echo(
                f"round {number + 1}: bare loop {bare.files_per_second:.0f} files/s, {bare.cpu_ms_per_file:.2f} ms of CPU "
                f"a file; worker {rate:.0f} files/s, {cpu_ms:.2f} ms; ratios {ratios[-1]:.2f}, {cpu_ratios[-1]:.2f}"
            )
        click.echo(
            f"worker / bare loop: median {statistics.median(ratios):.2f}  (aim ≥ 0.85); "
            f"by CPU time, whatever else runs here, {statistics.median(cpu_ratios):.2f}"
        )
        click.echo("resident after the backlog: " + ", ".join(f"{kind} {size:.0f} MB" for kind, size in memory.items()))
        _quiet(Path(place, "quiet"), model, found)
        if plain:
            slow = _plain_script(Path(place, "plain"), model, copies(found, 60))
            click.echo(
                f"plain script: {slow:.1f} files/s; worker / plain script {statistics.median(worker_rates) / slow:.0f}"
            )


def _write(contents: list[bytes], folder: Path) -> list[Path]:
    folder.mkdir(parents=True)
    paths = [folder / f"{number:06d}.jpeg" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    os.sync()
    return paths


def _backlog(running: RunningWorker, backlog: Path, files: int) -> float:
    """Move the whole backlog in at once, as one folder; the clock runs from there to the last result."""
    started = time.time()
    backlog.rename(running.incoming / "backlog")
    running.wait_for(files, poll_seconds=0.5)  # rarely: counting takes time away from what is measured
    return files / (running.last_result() - started)


def _quiet(root: Path, model: Path, found: list[bytes]) -> None:
    with worker(root, model) as running:
        click.echo(f"cold start to ready: {running.seconds_to_ready:.2f} s  (aim < 3)")
        waits = []
        for number, content in enumerate(copies(found, 30)):
            unfinished = root / f"next-{number}"
            unfinished.write_bytes(content)
            started = time.monotonic()
            unfinished.rename(running.incoming / f"{number}.jpeg")
            waits.append(running.wait_for(number + 1, poll_seconds=0.002) - started)
            time.sleep(0.2)
        ranked = sorted(waits)
        click.echo(
            f"drop to result, one file: p50 {ranked[15] * 1000:.0f} ms, p95 {ranked[28] * 1000:.0f} ms  (aim p50 < 300)"
        )
        time.sleep(2)
        before = running.cpu_seconds()
        time.sleep(20)
        click.echo(f"idle: {(running.cpu_seconds() - before) / 20:.2%} of a core  (aim < 1 %)")
        click.echo(
            "resident when idle: " + ", ".join(f"{kind} {size:.0f} MB" for kind, size in running.resident_mb().items())
        )


def _plain_script(folder: Path, model: Path, contents: list[bytes]) -> float:
    """Files per second of the plain script, with a Keras model of the same recipe (untrained: speed only)."""
    folder.mkdir(parents=True)
    build = (
        "import sys\nfrom pathlib import Path\nfrom train.recipe import load\nfrom xray.model_file import read\n"
        "card = read(Path(sys.argv[1])).card\n"
        "load(card.recipe).build(card.input, len(card.labels), 'none').save(sys.argv[2])"
    )
    saved, watched = folder / "model.keras", folder / "watched"
    watched.mkdir()
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", build, model, saved], check=True, stderr=subprocess.DEVNULL, env=quiet)
    script = [sys.executable, "benchmarks/plain_script.py", watched, saved]
    with subprocess.Popen(script, stderr=subprocess.DEVNULL) as process:
        while not (watched / "ready").exists():
            time.sleep(0.1)
        started = time.monotonic()
        for number, content in enumerate(contents):
            (watched / f"{number}.jpeg").write_bytes(content)
        while sum(1 for _ in watched.glob("*.json")) < len(contents):
            time.sleep(0.02)
        seconds = time.monotonic() - started
        process.kill()
    return len(contents) / seconds


if __name__ == "__main__":
    main()
