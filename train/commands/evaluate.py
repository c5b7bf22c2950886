"""`lungwatch-train evaluate`: measure a model on labelled images."""

from pathlib import Path

import click


@click.command("evaluate")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--split", default="val", help="Which images of DATA: train, val, test, or all.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the report: page, figures, numbers, card.")
@click.option("--images/--no-images", default=True, help="Whether radiographs go into the report.")
@click.option(
    "--least-sensitivity",
    type=click.FloatRange(0, 1, max_open=True),
    help="What a label is held to.  [default: 0.9, the WHO's bound for triage]",
)
@click.option(
    "--least-specificity",
    type=click.FloatRange(0, 1, max_open=True),
    help="What a label is held to.  [default: 0.7, the WHO's bound for triage]",
)
@click.option("--workers", default=0, type=click.IntRange(0, 256), help="Processes that decode; 0 means one per core.")
def command(
    model: Path,
    data: Path,
    split: str,
    out: Path | None,
    images: bool,
    least_sensitivity: float | None,
    least_specificity: float | None,
    workers: int,
) -> None:
    """Measure MODEL (a run or a .tflite file) on labelled images, and report it.

    The report is one page, report.html, that needs nothing beside it; its figures as PNG and SVG, metrics.json and
    model_card.md are told from the same numbers. It holds patients' radiographs unless --no-images is given.
    """
    from train.evaluate import evaluate as measure
    from train.measuring.verdict import Bounds

    bounds = Bounds()
    if least_sensitivity is not None or least_specificity is not None:
        bounds = Bounds(
            bounds.sensitivity if least_sensitivity is None else least_sensitivity,
            bounds.specificity if least_specificity is None else least_specificity,
            "chosen by whoever asked for this report",
        )
    click.echo(measure(model, data, split=split, out=out, workers=workers, images=images, bounds=bounds))
