"""`lungwatch-train fit`: train a recipe."""

from pathlib import Path
from typing import Any

import click

from train.options import changes, recipe_options


@click.command("fit")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--recipe", required=True, help="Name of the recipe; `lungwatch-train recipes` lists them.")
@click.option(
    "--run", "--model-dir", required=True, type=click.Path(path_type=Path), help="Folder to leave the run in."
)
@click.option("--weights", default="none", help="imagenet (downloads), none, or the path of a file without top.")
@click.option("--teacher", type=click.Path(path_type=Path), help="A finished run to learn from, besides the labels.")
@click.option("--positive", help="Of two labels, the finding.  [default: the one not called normal, healthy, …]")
@click.option(
    "--seed", default=0, type=click.IntRange(0), help="Of the split, the order, the augmentation and the first weights."
)
@click.option("--workers", default=0, type=click.IntRange(0, 256), help="Processes that decode; 0 means one per core.")
@click.option("--resume", is_flag=True, help="Go on with a training that was cut off.")
@click.option("--allow-leakage", is_flag=True, help="Train although the given split leaks; the card then says so.")
@click.option("--about", type=click.Path(path_type=Path), help="JSON with licence, population, limits … for the card.")
@click.option("--mlflow", metavar="EXPERIMENT", help="Log to this MLflow experiment too (needs the extra mlflow).")
@recipe_options
def command(
    data: Path,
    recipe: str,
    run: Path,
    weights: str,
    teacher: Path | None,
    positive: str | None,
    seed: int,
    workers: int,
    resume: bool,
    allow_leakage: bool,
    about: Path | None,
    mlflow: str | None,
    **options: Any,
) -> None:
    """Train a recipe on DATA: a folder class/…, split/class/…, or a CSV manifest."""
    from train.changes import changed
    from train.recipe import load

    chosen = changed(load(recipe), changes(options))  # a misspelt name is told before TensorFlow takes its seconds
    from train.training import Settings, train

    settings = Settings(
        data,
        run,
        weights,
        seed,
        workers,
        resume,
        about,
        positive,
        teacher=teacher,
        mlflow=mlflow,
        allow_leakage=allow_leakage,
    )
    try:
        done = train(chosen, settings)
    except KeyboardInterrupt:
        click.echo(f"stopped; with --resume the same command goes on in {run}", err=True)
        raise
    click.echo(f"run: {done.folder}")
