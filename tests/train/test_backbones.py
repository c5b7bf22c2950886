"""What all backbones share: the scaling that weights expect, gray for RGB, and sentences where weights cannot be had."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from tf_keras.applications.imagenet_utils import preprocess_input

from train.backbones.application import _published
from train.backbones.mobilenet import mobilenet, mobilenet_v3_small
from train.backbones.resnet import resnet50
from train.backbones.scaling import CENTRED, STANDARDIZED, SYMMETRIC, UNSCALED, Scaling
from xray.errors import SetupError
from xray.phantom import draw

GRAY = np.stack([draw(seed, height=64, width=64) for seed in range(3)])[..., np.newaxis].astype(np.float32)
RGB = np.repeat(GRAY, 3, axis=3)


@pytest.mark.parametrize(("scaling", "mode"), [(SYMMETRIC, "tf"), (STANDARDIZED, "torch"), (CENTRED, "caffe")])
def test_pixels_are_scaled_as_keras_scales_them_for_the_published_weights(scaling: Scaling, mode: str) -> None:
    np.testing.assert_allclose(scaling(RGB), preprocess_input(RGB.copy(), mode=mode), atol=1e-3)


@pytest.mark.parametrize("scaling", [SYMMETRIC, STANDARDIZED, CENTRED, UNSCALED])
def test_a_kernel_made_gray_gives_what_it_gave_for_three_channels_alike(scaling: Scaling) -> None:
    kernel = np.random.default_rng(0).normal(size=(7, 7, 3, 5)).astype(np.float32)
    colour = tf.nn.conv2d(scaling(RGB), kernel, 2, "VALID")
    one, constant = scaling.grayed(kernel)
    gray = tf.nn.conv2d(scaling(GRAY), one, 2, "VALID") + constant
    np.testing.assert_allclose(gray, colour, atol=1e-4 * np.abs(colour).max())


@pytest.mark.parametrize(
    ("backbone", "options", "source", "layer"),
    [
        (mobilenet, {"alpha": 0.25}, "MobileNet", "conv1_bn"),
        (mobilenet_v3_small, {}, "MobileNetV3Small", "Conv/BatchNorm"),
        (resnet50, {}, "ResNet50", "conv1_bn"),
    ],
)
def test_gray_input_gives_what_rgb_gives_but_for_the_border(
    backbone: Any, options: dict[str, Any], source: str, layer: str, tmp_path: Path
) -> None:
    build = getattr(keras.applications, source)
    build(include_top=False, weights=None, input_shape=(64, 64, 3), **options).save_weights(tmp_path / "w.h5")
    given = []
    for images in (GRAY, RGB):
        image = keras.Input(images.shape[1:])
        model = keras.Model(image, backbone(image, str(tmp_path / "w.h5"), **options))
        shown = keras.Model(image, model.get_layer(layer).output)(images).numpy()
        given.append(shown[:, 2:-2, 2:-2])  # the padding's zeros stand for another gray in each of ResNet's channels
    np.testing.assert_allclose(*given, atol=1e-4 * given[0].std())


def test_weights_that_are_not_there_or_do_not_fit_are_told(tmp_path: Path) -> None:
    image = keras.Input((32, 32, 1))
    with pytest.raises(SetupError, match="are not there"):
        mobilenet(image, str(tmp_path / "none.h5"), alpha=0.25)
    keras.Sequential([keras.layers.Dense(2, input_shape=(3,))]).save_weights(tmp_path / "other.h5")
    with pytest.raises(SetupError, match="cannot be loaded into MobileNet"):
        mobilenet(image, str(tmp_path / "other.h5"), alpha=0.25)


def test_a_download_that_fails_is_told_with_the_way_out() -> None:
    def offline(**_: Any) -> keras.Model:
        raise Exception("URL fetch failure on https://storage.googleapis.com/…: no route to host")  # as Keras does

    with pytest.raises(SetupError, match=r"could not be downloaded.*no route to host.*--weights none"):
        _published(offline, "MobileNet", (None, 32, 32, 1), "imagenet", {})
