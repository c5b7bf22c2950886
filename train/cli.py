"""`lungwatch-train`: parse, build, call, map errors to exit codes."""

import logging
import os
import sys
from pathlib import Path

import click

from xray.errors import SetupError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@click.group(context_settings={"show_default": True, "auto_envvar_prefix": "LUNGWATCH_TRAIN"})
def cli() -> None:
    """Train chest X-ray classifiers and tell honestly how good they are. Not a medical device."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for noisy in ("absl", "tensorflow"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


@cli.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--recipe", required=True, help="Name of the recipe; `lungwatch-train recipes` lists them.")
@click.option("--run", required=True, type=click.Path(path_type=Path), help="Directory to leave the run in.")
@click.option("--weights", default="none", help="imagenet (downloads), none, or the path of an .h5 without top.")
@click.option("--epochs", type=click.IntRange(1), help="In all stages together.  [default: the recipe's]")
@click.option("--batch-size", type=click.IntRange(1), help="[default: the recipe's]")
@click.option("--size", type=click.IntRange(32, 1024), help="Side of the input in pixels.  [default: the recipe's]")
@click.option("--channels", type=click.Choice(["1", "3"]), help="Gray or RGB.  [default: the recipe's]")
@click.option("--geometry", type=click.Choice(["stretch", "pad"]), help="[default: the recipe's]")
@click.option("--positive", help="Of two labels, the finding.  [default: the one not called normal, healthy, …]")
@click.option(
    "--seed", default=0, type=click.IntRange(0), help="Of the split, the order, the augmentation and the first weights."
)
@click.option("--workers", default=0, type=click.IntRange(0, 256), help="Processes that decode; 0 means one per core.")
@click.option("--resume", is_flag=True, help="Go on with a training that was cut off.")
@click.option("--about", type=click.Path(path_type=Path), help="JSON with licence, population, limits … for the card.")
def fit(
    data: Path,
    recipe: str,
    run: Path,
    weights: str,
    epochs: int | None,
    batch_size: int | None,
    size: int | None,
    channels: str | None,
    geometry: str | None,
    positive: str | None,
    seed: int,
    workers: int,
    resume: bool,
    about: Path | None,
) -> None:
    """Train a recipe on DATA: a folder class/…, split/class/…, or a CSV manifest."""
    from dataclasses import replace

    from train.recipe import load
    from train.training import Settings, train, with_epochs

    chosen = load(recipe)
    chosen = with_epochs(chosen, epochs) if epochs else chosen
    spec = chosen.input
    spec = replace(
        spec,
        height=size or spec.height,
        width=size or spec.width,
        channels=int(channels) if channels else spec.channels,
        geometry=geometry or spec.geometry,
    )
    chosen = replace(chosen, input=spec, batch_size=batch_size or chosen.batch_size)
    done = train(chosen, Settings(data, run, weights, seed, workers, resume, about, positive))
    click.echo(f"run: {done.folder}")


@cli.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--run", required=True, type=click.Path(path_type=Path), help="Directory to leave the average in.")
def average(runs: tuple[Path, ...], run: Path) -> None:
    """Average the weights of RUNS of one recipe from the same pre-trained weights into one model."""
    from train.soup import NoGain
    from train.soup import average as mix

    try:
        measured = mix(runs, run)
    except NoGain as error:
        click.echo(f"lungwatch-train: {error}", err=True)
        sys.exit(1)
    click.echo("\n".join(map(str, measured)))
    click.echo(f"run: {run}")


@cli.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--split", default="val", help="Which images of DATA: train, val, test, or all.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for metrics.json and the picture.")
@click.option("--workers", default=0, type=click.IntRange(0), help="Processes that decode; 0 means one per core.")
def evaluate(model: Path, data: Path, split: str, out: Path | None, workers: int) -> None:
    """Measure MODEL (a run or a .tflite file) on labelled images."""
    from train.evaluate import evaluate as measure

    click.echo(measure(model, data, split=split, out=out, workers=workers or os.cpu_count() or 1))


@cli.command()
def recipes() -> None:
    """List the recipes."""
    from train.recipe import load, names

    for name in names():
        recipe = load(name)
        spec = recipe.input
        click.echo(f"{name:16s} {spec.height}×{spec.width}×{spec.channels}  {recipe.summary}")


def main() -> None:
    """Run the command; exit 2 where the set-up is wrong."""
    try:
        cli(prog_name="lungwatch-train")
    except SetupError as error:
        click.echo(f"lungwatch-train: {error}", err=True)
        sys.exit(2)
