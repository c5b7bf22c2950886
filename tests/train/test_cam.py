"""Class activation maps."""

import numpy as np
import tf_keras as keras

from train.cam import maps, overlay


def network(head: keras.layers.Layer | None = None) -> keras.Model:
    """A frozen convolution, pooling, perhaps a layer more, and three scores."""
    keras.utils.set_random_seed(1)
    image = keras.Input((16, 16, 1))
    features = keras.layers.Conv2D(4, 3, name="features", trainable=False)(image)
    flow = keras.layers.GlobalAveragePooling2D(name="embedding")(features)
    flow = flow if head is None else head(flow)
    return keras.Model(image, keras.layers.Dense(3, name="scores", bias_initializer="ones")(flow))


IMAGES = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 1), np.uint8)


def test_a_map_is_the_feature_map_times_the_dense_weights_where_one_dense_layer_follows_the_pooling() -> None:
    model = network()
    kernel, _ = model.get_layer("scores").get_weights()
    features = keras.Model(model.input, model.get_layer("features").output).predict(IMAGES, verbose=0)
    plain = features @ kernel
    np.testing.assert_allclose(maps(model, IMAGES), plain - plain.mean(axis=-1, keepdims=True), rtol=1e-4, atol=1e-2)


def test_a_map_is_found_below_a_frozen_backbone_and_a_deep_head() -> None:
    found = maps(network(keras.layers.Dense(5, activation="softplus")), IMAGES)
    assert found.shape == (20, 14, 14, 3)
    assert (np.abs(found).max(axis=(1, 2, 3)) > 0).all()


def test_only_what_speaks_for_the_label_is_coloured() -> None:
    image = np.full((40, 40, 1), 128, np.uint8)
    cam = np.array([[2.0, -1.0], [-1.0, -1.0]], np.float32)
    shown = overlay(image, cam).astype(int)
    assert np.ptp(shown[2, 2]) > 40
    assert np.ptp(shown[37, 37]) == 0
    assert (overlay(image, -np.ones((2, 2), np.float32)) == 128).all()
