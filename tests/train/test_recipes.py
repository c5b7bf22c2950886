"""One walk over the table of recipes."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from export.convert import convert
from export.profiles import profile
from train.changes import Changes, changed
from train.classifier import classifier
from train.measuring import keras_file
from train.recipe import Recipe, load, names
from xray.errors import SetupError
from xray.phantom import draw
from xray.runtime import Predictor

LARGE = {name for name in names() if name.startswith(("densenet", "resnet50"))}
"""Hundreds of layers: half a minute of processor time each."""
BOTH = {name for name in names() if load(name).parameters < 500_000}
"""Quick enough to be tried in gray and in RGB; the others share their backbones' ways with one of these."""


def small(recipe: Recipe, channels: int) -> Recipe:
    """Give a recipe the smallest input that all backbones take."""
    return changed(recipe, Changes(size=32, channels=channels))


def phantoms(channels: int, side: int = 32) -> np.ndarray:
    """Draw four radiographs, every second with an opacity; float32, shape (4, side, side, channels), 0..255."""
    images = np.stack([draw(seed, opacity=seed % 2 == 1, height=side, width=side) for seed in range(4)])
    return np.repeat(images[..., np.newaxis], channels, axis=3).astype(np.float32)


def assert_equal(given: np.ndarray, expected: np.ndarray, words: str) -> None:
    """Equal to a hundredth of what the images differ by; were they all alike, being equal would prove nothing."""
    spread = np.ptp(expected, axis=0).max()
    assert spread > 1e-5
    np.testing.assert_allclose(given, expected, rtol=0, atol=0.01 * spread, err_msg=words)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "channels"),
    [
        pytest.param(name, channels, marks=[pytest.mark.slow] if name in LARGE else [])
        for name in names()
        for channels in (1, 3)
        if name in BOTH or channels == load(name).input.channels
    ],
)
def test_a_recipe_trains_a_step_reloads_and_exports_with_equal_scores(name: str, channels: int, tmp_path: Path) -> None:
    recipe = small(load(name), channels)
    keras.utils.set_random_seed(1)
    model = classifier(recipe, 2, "none")
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0  # takes up this one batch's statistics: with the first ones deep networks give nothing
    images = phantoms(channels)
    before = [weight.numpy() for weight in model.trainable_weights]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # Eagerly: tracing hundreds of layers for a single step takes longer than the step.
    model.compile(keras.optimizers.Adam(1e-3), loss, run_eagerly=True)
    assert np.isfinite(model.train_on_batch(images, np.array([0, 1, 0, 1])))
    assert all((weight.numpy() != old).any() for weight, old in zip(model.trainable_weights, before, strict=True))
    expected = model(images).numpy()

    model.save(tmp_path / "model.keras")
    reloaded = keras_file.load(tmp_path / "model.keras")
    assert_equal(reloaded(images).numpy(), expected, "reloading changed the scores")
    shown = keras.Model(reloaded.input, [reloaded.get_layer("features").output, reloaded.get_layer("embedding").output])
    features, embedding = (one.numpy() for one in shown(images))
    assert_equal(features.mean(axis=(1, 2)), embedding, "the embedding is not the features' mean")

    predictor = Predictor(convert(reloaded, images.astype(np.uint8), profile("float32")))
    told = [predictor.predict(image) for image in images.astype(np.uint8)]
    assert_equal(np.stack([one.scores for one in told]), expected, "the exported scores differ")
    assert_equal(np.stack([one.embedding for one in told]), embedding, "the exported embeddings differ")
    means = np.stack([one.cam.mean(axis=(0, 1)) for one in told]) + reloaded.get_layer("scores").bias.numpy()
    assert_equal(means, expected, "a map's mean and the bias are not the score")
    if channels == load(name).input.channels:
        assert model.count_params() == recipe.parameters


@pytest.mark.parametrize("name", names())
def test_a_recipe_tells_its_size_command_and_stages(name: str) -> None:
    recipe = load(name)
    assert f"--recipe {name}" in str(importlib.import_module(f"train.recipes.{name}").__doc__)
    assert len({stage.name for stage in recipe.stages}) == len(recipe.stages)
    assert not any(stage.cached and stage.frozen < 1 for stage in recipe.stages)


def test_the_three_cnns_differ_in_filters_depth_dropout_and_batch_norm() -> None:
    told = []
    for name in ("cnn_small", "cnn_medium", "cnn_deep"):
        model = classifier(load(name), 3, "none")
        convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
        dropout = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
        norms = sum(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers)
        told.append((len(convolutions), max(layer.filters for layer in convolutions), sum(dropout), norms))
    assert told == sorted(told)
    assert all(len(set(column)) == 3 for column in zip(*told, strict=True))
    assert told[0][-1] == 0


def test_no_recipe_mirrors_unless_asked() -> None:
    assert not any(load(name).augmentation.flip for name in names())
    assert changed(load("cnn_small"), Changes(augment=("flip=0.5",))).augmentation.flip == 0.5


def test_the_list_of_recipes_is_complete_fits_its_width_and_needs_no_tensorflow() -> None:
    listing = "import sys; from train.cli import cli; cli(['recipes'], standalone_mode=False)"
    asked = [
        sys.executable,
        "-c",
        f"{listing}; assert 'tensorflow' not in sys.modules and 'tf_keras' not in sys.modules",
    ]
    told = subprocess.run(asked, capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "90"}).stdout
    assert max(map(len, told.splitlines())) <= 100
    for name in names():
        recipe = load(name)
        assert re.search(rf"^{name} .* {recipe.parameters:,} ", told, re.MULTILINE)
        assert recipe.summary.split()[-1] in told


def test_a_recipe_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(SetupError, match="there are: cnn, cnn_deep"):
        load("alexnet")


@pytest.mark.parametrize("name", ["cnn", "resnet_small"])
def test_what_starts_from_nothing_says_so(name: str) -> None:
    with pytest.raises(SetupError, match="starts from nothing"):
        classifier(load(name), 2, "imagenet")
