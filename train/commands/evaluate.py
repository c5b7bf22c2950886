"""`lungwatch-train evaluate`: measure a model on labelled images."""

import os
from pathlib import Path

import click


@click.command("evaluate")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--split", default="val", help="Which images of DATA: train, val, test, or all.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for metrics.json and the picture.")
@click.option("--workers", default=0, type=click.IntRange(0), help="Processes that decode; 0 means one per core.")
def command(model: Path, data: Path, split: str, out: Path | None, workers: int) -> None:
    """Measure MODEL (a run or a .tflite file) on labelled images."""
    from train.evaluate import evaluate as measure

    click.echo(measure(model, data, split=split, out=out, workers=workers or os.cpu_count() or 1))
