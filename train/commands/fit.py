"""`lungwatch-train fit`: train a recipe."""

from pathlib import Path

import click


@click.command("fit")
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
def command(
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
