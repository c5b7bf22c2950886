"""One walk over the table of recipes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from export.convert import convert
from export.profiles import profile
from train.classifier import classifier
from train.recipe import Recipe, load, names
from xray.card import InputSpec
from xray.errors import SetupError
from xray.phantom import draw
from xray.runtime import Predictor

PHANTOMS = np.stack([draw(seed, opacity=seed % 2 == 1, height=64, width=64) for seed in range(4)])


def gray(recipe: Recipe, channels: int) -> Recipe:
    return replace(recipe, input=InputSpec(64, 64, channels))


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("channels", [1, 3])
def test_a_recipe_trains_a_step_reloads_and_exports_with_equal_scores(name: str, channels: int, tmp_path: Path) -> None:
    recipe = gray(load(name), channels)
    model = classifier(recipe, 2, "none")
    images = np.repeat(PHANTOMS[..., np.newaxis], channels, axis=3).astype(np.float32)
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(images, np.array([0, 1, 0, 1]), epochs=1, verbose=0)
    expected = model.predict(images, verbose=0)

    model.save(tmp_path / "model.keras")
    reloaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(reloaded.predict(images, verbose=0), expected, atol=1e-5)

    predictor = Predictor(convert(reloaded, images.astype(np.uint8), profile("float32")))
    scores = [predictor.predict(image).scores for image in images.astype(np.uint8)]
    np.testing.assert_allclose(scores, expected, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("name", ["mobilenet", "mobilenet_v2"])
def test_gray_input_scores_what_rgb_input_scores(name: str, tmp_path: Path) -> None:
    recipe = load(name)
    application = {"mobilenet": keras.applications.MobileNet, "mobilenet_v2": keras.applications.MobileNetV2}[name]
    alpha = {"mobilenet": 0.5, "mobilenet_v2": 1.0}[name]
    application(include_top=False, weights=None, input_shape=(64, 64, 3), alpha=alpha).save_weights(tmp_path / "w.h5")
    scores = []
    for channels in (1, 3):
        own = gray(recipe, channels)
        model = classifier(own, 2, str(tmp_path / "w.h5"))
        features = keras.Model(model.input, model.get_layer("embedding").output)
        scores.append(features.predict(np.repeat(PHANTOMS[..., np.newaxis], channels, axis=3), verbose=0))
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-4)


def test_a_recipe_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(SetupError, match="there are: cnn, mobilenet"):
        load("alexnet")


def test_weights_that_are_not_there_or_do_not_fit_are_told(tmp_path: Path) -> None:
    recipe = gray(load("mobilenet"), 1)
    with pytest.raises(SetupError, match="are not there"):
        classifier(recipe, 2, str(tmp_path / "none.h5"))
    keras.Sequential([keras.layers.Dense(2, input_shape=(3,))]).save_weights(tmp_path / "other.h5")
    with pytest.raises(SetupError, match="cannot be loaded"):
        classifier(recipe, 2, str(tmp_path / "other.h5"))
    with pytest.raises(SetupError, match="starts from nothing"):
        classifier(load("cnn"), 2, "imagenet")
