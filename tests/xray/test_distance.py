"""How unlike the training images: 1 is typical, and nothing typical is strange."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xray.distance import distance, fit


def embeddings(images: int, size: int, seed: int) -> NDArray[np.float32]:
    """Like a network's: not negative, correlated, some features always off."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(images, 12)) @ np.random.default_rng(0).normal(size=(12, size))
    values = np.maximum(mixed + 0.1 * rng.normal(size=(images, size)), 0)
    values[:, : size // 8] = 0
    return values.astype(np.float32)


@pytest.mark.parametrize("size", [4, 8, 32, 33, 64, 512])
@pytest.mark.parametrize("images", [100, 300])
def test_new_images_of_the_same_kind_are_typical(images: int, size: int) -> None:
    arrays = fit(embeddings(images, size, seed=1))
    away = [distance(one, arrays) for one in embeddings(50, size, seed=2)]
    assert 0.3 < np.median(np.array(away, float)) < 4


@pytest.mark.parametrize("size", [8, 64, 512])
def test_what_lies_further_out_is_further_away(size: int) -> None:
    training = embeddings(300, size, seed=1)
    arrays = fit(training)
    outwards = training[0] - training.mean(axis=0)
    away = [distance(training.mean(axis=0) + times * outwards, arrays) or 0.0 for times in (0, 1, 3, 10)]
    assert away == sorted(away)
    assert away[-1] == pytest.approx(10 * away[1], rel=0.05)


def test_what_the_training_images_never_do_is_strange() -> None:
    training = embeddings(300, 64, seed=1)
    arrays = fit(training)
    odd = training[0].copy()
    odd[:8] = 20  # features that were always off
    assert (distance(odd, arrays) or 0) > 3 * (distance(training[0], arrays) or 0)


def test_embeddings_that_do_not_vary_are_at_no_distance() -> None:
    arrays = fit(np.ones((50, 16), np.float32))
    assert distance(np.ones(16, np.float32), arrays) == 0


def test_a_card_without_arrays_knows_no_distance() -> None:
    assert distance(np.ones(16, np.float32), {}) is None


def test_arrays_are_small_single_precision() -> None:
    arrays = fit(embeddings(100, 512, seed=1))
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}
    assert sum(array.nbytes for array in arrays.values()) < 70_000
