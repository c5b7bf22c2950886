"""`lungwatch-train average`: one model out of several runs."""

import sys
from pathlib import Path

import click


@click.command("average")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--run", required=True, type=click.Path(path_type=Path), help="Folder to leave the average in.")
def command(runs: tuple[Path, ...], run: Path) -> None:
    """Average the weights of RUNS of one recipe from the same pre-trained weights into one model."""
    from train.learning.soup import NoGain
    from train.learning.soup import average as mix

    try:
        measured = mix(runs, run)
    except NoGain as error:
        click.echo(f"lungwatch-train: {error}", err=True)
        sys.exit(1)
    click.echo("\n".join(map(str, measured)))
    click.echo(f"run: {run}")
