"""The whole path in a minute or two, on drawn radiographs: train, export, watch a folder, answer.

    make demo

Nothing here is evidence: the radiographs are drawn, and the model has seen a few hundred of them.
"""

import io
import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image

from xray.phantom import draw

LISTEN = "127.0.0.1:18081"
TRAINING_RADIOGRAPHS = 800
DROPPED_RADIOGRAPHS = 12


def main() -> None:
    """Run the demo; any step that fails ends it with that step's exit code."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lungwatch-demo-") as place:
        folder = Path(place)
        say(f"1. drawing {TRAINING_RADIOGRAPHS} radiographs, half of them with opacities")
        with ProcessPoolExecutor() as pool:
            list(pool.map(write_labelled, [folder / "data"] * TRAINING_RADIOGRAPHS, range(TRAINING_RADIOGRAPHS)))
        options = "--recipe cnn --size 80 --batch-size 16 --epochs 6"
        say(f"2. training a small CNN on them:  lungwatch-train fit data {options} --run run")
        run("train", "fit", folder / "data", *options.split(), "--run", folder / "run")
        say("3. exporting it:  lungwatch-export convert run --profile int8 --out model.tflite")
        run("export", "convert", folder / "run", "--profile", "int8", "--out", folder / "model.tflite")
        say("4. watching a folder:  lungwatch-worker run --root spool --model model.tflite")
        watch(folder / "spool", folder / "model.tflite")
    say(f"done in {time.monotonic() - started:.0f} s")


def watch(root: Path, model: Path) -> None:
    """Start a worker, drop radiographs, show what it answers and measures, and stop it."""
    command = [sys.executable, "-m", "worker", "run", "--root", root, "--model", model, "--listen", LISTEN]
    with subprocess.Popen([*command, "--log-level", "warning"]) as process:
        try:
            wait_until(lambda: fetch("/readyz") is not None, process)
            say(f"5. dropping {DROPPED_RADIOGRAPHS} radiographs that it has never seen into spool/incoming")
            truth = {}
            for number in range(DROPPED_RADIOGRAPHS):
                opacity = number % 2 == 1
                truth[f"chest-{number:02d}.png"] = "opacity" if opacity else "clear"
                write(root / "incoming" / f"chest-{number:02d}.png", 10_000 + number, opacity=opacity)
            wait_until(lambda: len(results(root)) == DROPPED_RADIOGRAPHS, process)
            show(results(root), truth)
            say("6. what Prometheus sees")
            for line in (fetch("/metrics") or "").splitlines():
                if line.startswith(("lungwatch_findings_total", "lungwatch_files_total")) and not line.endswith(" 0.0"):
                    print("   ", line)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    if process.returncode:
        sys.exit(process.returncode)


def show(answers: list[dict[str, Any]], truth: dict[str, str]) -> None:
    """Print one line for each answer, and how many are as drawn."""
    for answer in sorted(answers, key=lambda one: str(one["source"]["name"])):
        name = str(answer["source"]["name"])
        share = answer["probabilities"]["opacity"]
        bar = "#" * round(20 * share)
        print(f"    {name}  opacity {share:5.1%} |{bar:20s}|  {answer['decision']:9s}  (drawn as {truth[name]})")
    right = sum(answer["finding"] == truth[str(answer["source"]["name"])] for answer in answers)
    print(f"    {right} of {len(answers)} findings as drawn")


def results(root: Path) -> list[dict[str, Any]]:
    """Read the results that are there."""
    return [json.loads(path.read_text()) for path in (root / "results").rglob("*.json")]


def write_labelled(data: Path, seed: int) -> None:
    """Draw a training radiograph into its class's folder."""
    opacity = seed % 2 == 1
    write(data / ("opacity" if opacity else "clear") / f"{seed:04d}.png", seed, opacity=opacity)


def write(path: Path, seed: int, *, opacity: bool) -> None:
    """Draw a radiograph into a PNG file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    Image.fromarray(draw(seed, opacity=opacity, height=256, width=256)).save(buffer, "PNG")
    path.write_bytes(buffer.getvalue())


def run(package: str, *arguments: object) -> None:
    """Run a command of ours, as a user would."""
    done = subprocess.run([sys.executable, "-m", package, *map(str, arguments)], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def fetch(path: str) -> str | None:
    """Get a page of the worker, or None while there is none."""
    try:
        with urllib.request.urlopen(f"http://{LISTEN}{path}", timeout=1) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


def wait_until(true: Callable[[], bool], process: "subprocess.Popen[bytes]", patience_seconds: float = 60) -> None:
    """Wait for something, unless the worker ends first."""
    deadline = time.monotonic() + patience_seconds
    while not true():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit("the worker did not do what was expected; its words are above")
        time.sleep(0.05)


def say(text: str) -> None:
    """Tell the next step."""
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    main()
