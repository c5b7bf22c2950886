"""`lungwatch-train look`: what is in a data set, and what is wrong with it."""

import sys
from pathlib import Path

import click


@click.command("look")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the page and its pictures: patients' images.")
@click.option("--clean", type=click.Path(path_type=Path), help="Manifest (CSV) to write, without what is wrong.")
@click.option("--workers", default=0, type=click.IntRange(0, 256), help="Processes that read; 0 means one per core.")
def command(data: Path, out: Path | None, clean: Path | None, workers: int) -> None:
    """Look at DATA before training: classes, sizes, duplicates, patients on both sides, contradictory labels."""
    from train.look import clean as look_clean
    from train.look import look
    from train.report.look import write

    seen = look(data, workers=workers)
    click.echo(seen)
    if out:
        click.echo(f"page: {write(seen, out)}")
    if clean:
        cleaned = look_clean.clean(seen)
        look_clean.write(seen, cleaned, clean)
        click.echo(f"{clean}: {cleaned}")
    sys.exit(1 if seen.wrong else 0)
