"""What does it save to compute a frozen backbone's features once?

    LUNGWATCH_DATA=../shared/data python -m benchmarks.cached_features

The head of one recipe is trained on its frozen backbone, epoch by epoch in turn: from pictures through the whole model,
and from cached features. Validation images are scored after each epoch in both, as in every training.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import click

from benchmarks.labelled import labelled
from train.changes import Changes, changed
from train.classifier import classifier
from train.data.dataset import read
from train.data.split import split
from train.learning.fitting import Lesson, fit
from train.learning.prepare import prepare
from train.learning.progress import Row
from train.recipe import load


@click.command()
@click.option("--images", default=512, show_default=True)
@click.option("--epochs", default=4, show_default=True)
@click.option("--recipe", default="mobilenet_transfer", show_default=True, help="Its first stage is trained.")
def main(images: int, epochs: int, recipe: str) -> None:
    """Print seconds an epoch, the first one (which compiles) left out, and their ratio."""
    chosen = load(recipe)
    chosen = changed(chosen, Changes(epochs=epochs, stages=(chosen.stages[0].name,)))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        told = labelled(folder / "data", images)
        data, _ = split(read(folder / "data"), 0)
        pictures = prepare(chosen, data, folder / "pixels", workers=2, seed=0)
        lesson = Lesson(pictures.training, pictures.validation)
        click.echo(f"{told}, {len(data.of('train'))} to train; {recipe}, {chosen.stages[0].frozen:.0%} frozen")

        def seconds(*, cached: bool) -> tuple[Sequence[Row], float]:
            stages = tuple(replace(stage, cached=cached) for stage in chosen.stages)
            own = replace(chosen, stages=stages)
            started = time.monotonic()
            done = fit(classifier(own, 2, "none"), own, lesson, folder / f"run-{cached}", seed=0).history
            return done, time.monotonic() - started

        plain, plain_total = seconds(cached=False)
        quick, quick_total = seconds(cached=True)
    for column, words in (("training_seconds", "training"), ("seconds", "with validation")):
        slow, fast = (median(row[column] for row in rows[1:]) for rows in (plain, quick))
        click.echo(
            f"an epoch, {words}: {slow:.2f} s through the model, {fast:.2f} s from features: {slow / fast:.1f} ×"
        )
    click.echo(
        f"{epochs} epochs with all that goes before them: {plain_total:.0f} s and {quick_total:.0f} s "
        f"(features of every picture and three augmented copies included): {plain_total / quick_total:.1f} ×"
    )


if __name__ == "__main__":
    main()
