"""Make docs/results.md: train what is not trained yet, collect the figures, write the page.

    LUNGWATCH_DATA=../shared/data python -m benchmarks.results             # hours, where nothing is trained yet
    python -m benchmarks.results --write-only                              # the page, from docs/figures/*.json

Each run goes on where it was cut off. Runs are left in `runs/`, figures in `docs/figures/`.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import click

from benchmarks.results.experiments import CLEAN_LUNG3, EXPERIMENTS, LUNG3, SWEEPS, Experiment
from benchmarks.results.figures import collect
from benchmarks.results.page import PAGE, page
from benchmarks.results.sweeps import collect as collect_sweep

RUNS = Path("runs")


@click.command()
@click.option("--only", multiple=True, help="Name of an experiment; give it again for each.  [default: all]")
@click.option("--write-only", is_flag=True, help="Train nothing and collect nothing.")
def main(only: tuple[str, ...], write_only: bool) -> None:
    """Train, collect, write."""
    chosen = [one for one in EXPERIMENTS if not only or one.name in only]
    if not write_only:
        if not Path(LUNG3).exists():
            call(CLEAN_LUNG3, allowed=(0, 1))  # 1: it has faults, which is why it is cleaned
        for one in chosen:
            train(one)
            collect(RUNS / one.name, one.command).write()
        for sweep in SWEEPS:
            if not only or sweep.name in only:
                call(sweep.command)
                collect_sweep(RUNS / sweep.name, sweep.command).write()
    PAGE.write_text(page(), encoding="utf-8")


def train(one: Experiment) -> None:
    """Train an experiment, or go on with it, unless it is finished."""
    if not (RUNS / one.name / "card.json").exists():
        call(f"{one.command} --resume")
    if not (RUNS / one.name / "report" / "metrics.json").exists():
        call(f"lungwatch-train evaluate runs/{one.name} {one.data} --split {one.split} --out runs/{one.name}/report")


def call(command: str, allowed: tuple[int, ...] = (0,)) -> None:
    """Run one of our commands, as it stands in the page."""
    data = os.environ.get("LUNGWATCH_DATA", "../shared/data")
    words = [word.replace("DATA", data, 1) if word.startswith("DATA") else word for word in shlex.split(command)]
    assert words[0] == "lungwatch-train"
    done = subprocess.run([sys.executable, "-m", "train", *words[1:]], check=False)
    if done.returncode not in allowed:
        raise click.ClickException(f"{command} ended with {done.returncode}")


if __name__ == "__main__":
    main()
