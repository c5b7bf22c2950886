"""Class activation maps."""

import numpy as np
import tf_keras as keras

from train.explain.cam import maps, overlay


def test_a_map_adds_up_to_the_scores_but_for_the_bias_and_what_all_labels_share() -> None:
    keras.utils.set_random_seed(1)
    image = keras.Input((16, 16, 1))
    features = keras.layers.Conv2D(4, 3, name="features")(image)
    embedding = keras.layers.GlobalAveragePooling2D(name="embedding")(features)
    model = keras.Model(image, keras.layers.Dense(3, name="scores", bias_initializer="ones")(embedding))
    images = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 1), np.uint8)
    found, scores = maps(model, images), model.predict(images, verbose=0)
    assert found.shape == (20, 14, 14, 3)
    np.testing.assert_allclose(
        found.mean(axis=(1, 2)), scores - scores.mean(axis=1, keepdims=True), rtol=1e-3, atol=1e-2
    )


def test_only_what_speaks_for_the_label_is_coloured() -> None:
    image = np.full((40, 40, 1), 128, np.uint8)
    cam = np.array([[2.0, -1.0], [-1.0, -1.0]], np.float32)
    shown = overlay(image, cam).astype(int)
    assert np.ptp(shown[2, 2]) > 40
    assert np.ptp(shown[37, 37]) == 0
    assert (overlay(image, -np.ones((2, 2), np.float32)) == 128).all()
