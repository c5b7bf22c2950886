"""Does the training feed keep up with the model, and what does Keras's own cost?

    LUNGWATCH_DATA=../shared/data python -m benchmarks.training_feed

Side by side, in turn, on the same files: our feed (decoded once, memory-mapped, augmented in one transform);
`image_dataset_from_directory`, which decodes in every epoch and resizes without antialiasing, bare and with the Keras
layers that move a picture about as far as ours; and the training step of the reference recipe on a batch that is
already there. A feed shares its cores with the step, so the last lines are what counts: an epoch fed by each.
"""

import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import click
import numpy as np
import tensorflow as tf
import tf_keras as keras

from benchmarks.labelled import labelled
from train.classifier import classifier
from train.data import dataset
from train.data.numbering import label_numbers
from train.data.pixels import cached
from train.learning.objective import compile_with
from train.learning.optimizing import optimizer
from train.learning.pipeline import LabelledImages, batches
from train.learning.prepare import larger
from train.recipe import load


@click.command()
@click.option("--images", default=1024, show_default=True, help="An epoch's.")
@click.option("--rounds", default=3, show_default=True)
def main(images: int, rounds: int) -> None:
    """Print images per second of each, and the ratios, medians over the rounds."""
    recipe = load("mobilenet")
    size, batch = (recipe.input.height, recipe.input.width), recipe.batch_size
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        click.echo(f"{labelled(folder, images)}; {recipe.name} at {size[0]} px, batches of {batch}")
        data = dataset.read(folder)
        started = time.monotonic()
        pixels = cached(data.examples, larger(recipe), Path(place) / "pixels", workers=2, title="decoding")
        click.echo(f"decoded once, for all epochs of all runs: {time.monotonic() - started:.1f} s")
        source = LabelledImages(pixels, label_numbers(data.examples, data.labels))

        def ours(epoch: int) -> Iterable[object]:
            return batches(source, size, recipe.augmentation, batch_size=batch, balance="batches", seed=0, epoch=epoch)

        directory = keras.utils.image_dataset_from_directory(
            folder, color_mode="grayscale", image_size=size, batch_size=batch, seed=0
        )
        layers = keras.Sequential(
            [
                keras.layers.RandomRotation(10 / 360),
                keras.layers.RandomZoom((-0.5, 0.0)),
                keras.layers.RandomTranslation(0.1, 0.1),
                keras.layers.RandomContrast(0.3),
                keras.layers.RandomBrightness(0.3),
            ]
        )
        moved = directory.map(lambda image, label: (layers(image, training=True), label), num_parallel_calls=2)
        model = classifier(recipe, 2, "none")
        compile_with(model, optimizer(recipe.stages[-1], 1e-3), None)
        ready = tf.data.Dataset.from_tensors(next(iter(ours(0)))).repeat(images // batch)
        feeds: dict[str, Callable[[int], Iterable[object]]] = {
            "our feed": ours,
            "image_dataset_from_directory, bare": lambda _: directory.prefetch(2),
            "image_dataset_from_directory, augmented": lambda _: moved.prefetch(2),
        }

        def drain(feed: Iterable[object]) -> None:
            for _ in feed:
                pass

        def learn(feed: Iterable[object]) -> None:
            model.fit(feed, verbose=0)

        contestants: dict[str, Callable[[int], None]] = {
            **{f"{name}: alone": lambda epoch, feed=feed: drain(feed(epoch)) for name, feed in feeds.items()},
            "training step: on a batch at hand": lambda _: learn(ready),
            **{f"{name}: an epoch": lambda epoch, feed=feed: learn(feed(epoch)) for name, feed in feeds.items()},
        }
        seconds: dict[str, list[float]] = {name: [] for name in contestants}
        for number in range(rounds + 1):
            for name, run in contestants.items():
                started = time.monotonic()
                run(number)
                if number:  # the first round warms up
                    seconds[name].append(time.monotonic() - started)
    for name, taken in seconds.items():
        click.echo(f"{name:50s} {images / median(taken):8.0f} images/s")
    step = np.array(seconds["training step: on a batch at hand"])
    for name in feeds:
        alone, epoch = np.array(seconds[f"{name}: alone"]), np.array(seconds[f"{name}: an epoch"])
        click.echo(
            f"{name}: {median(step / alone):.1f} × as fast as the step; an epoch takes {median(epoch / step):.2f} × "
            "the bare steps"
        )
    ratio = np.array(seconds["image_dataset_from_directory, augmented: alone"]) / seconds["our feed: alone"]
    click.echo(f"our feed against image_dataset_from_directory, both augmented: {median(ratio):.1f} ×")


if __name__ == "__main__":
    main()
