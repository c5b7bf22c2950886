import numpy as np
import pytest
import tensorflow as tf

from train.learning.augment import augment
from train.learning.augmentation import NONE, Augmentation
from train.learning.pipeline import LabelledImages, batches, order
from xray.errors import SetupError
from xray.phantom import draw

IMAGES = np.stack([draw(seed, height=96, width=96)[:, :, np.newaxis] for seed in range(12)])
LABELS = np.array([0] * 9 + [1] * 3)


def test_nothing_asked_for_changes_nothing() -> None:
    same = augment(IMAGES, tf.constant([1, 2]), (96, 96), NONE)
    np.testing.assert_allclose(same, IMAGES, atol=0.01)


def test_the_same_seed_gives_the_same_images_and_another_seed_others() -> None:
    first = augment(IMAGES, tf.constant([1, 2]), (64, 64), Augmentation()).numpy()
    np.testing.assert_array_equal(first, augment(IMAGES, tf.constant([1, 2]), (64, 64), Augmentation()))
    assert np.abs(first - augment(IMAGES, tf.constant([1, 3]), (64, 64), Augmentation())).mean() > 1


def test_augmented_images_stay_in_range_and_size() -> None:
    images = augment(np.repeat(IMAGES, 20, axis=0), tf.constant([0, 0]), (48, 64), Augmentation())
    assert images.shape == (240, 48, 64, 1)
    assert images.dtype == tf.float32
    assert images.numpy().min() >= 0
    assert images.numpy().max() <= 255


def test_no_image_is_mirrored() -> None:
    """A mark in the upper left stays nearer to the upper left than to any other corner."""
    marked = np.zeros((64, 90, 90, 1), np.uint8)
    marked[:, 20:30, 20:30] = 255
    settings = Augmentation(area=(0.8, 1.0))
    moved = augment(marked, tf.constant([4, 4]), (90, 90), settings).numpy()[:, :, :, 0]
    rows, columns = np.indices((90, 90))
    weight = moved.sum(axis=(1, 2))
    assert ((moved * rows).sum(axis=(1, 2)) / weight < 45).all()
    assert ((moved * columns).sum(axis=(1, 2)) / weight < 45).all()


def test_a_full_turned_box_covers_the_picture_s_middle() -> None:
    settings = Augmentation(area=(1, 1), ratio=(1, 1), turn_degrees=10, exposure=(1, 1), focus=(0, 0))
    turned = augment(IMAGES, tf.constant([5, 5]), (96, 96), settings).numpy()
    middle = slice(40, 56)
    assert np.abs(turned[:, middle, middle] - IMAGES[:, middle, middle]).mean() < 12


def test_balanced_batches_hold_as_many_of_each_label() -> None:
    chosen = order(LABELS, 4, balance="batches", seed=0, epoch=0)
    assert (LABELS[chosen].sum(axis=1) == 2).all()
    assert order(LABELS, 5, balance="batches", seed=0, epoch=0).shape == (2, 5)


def test_a_batch_that_cannot_hold_every_label_is_told() -> None:
    with pytest.raises(SetupError, match="larger --batch-size"):
        order(np.arange(9) % 3, 2, balance="batches", seed=0, epoch=0)


def test_plain_batches_hold_every_image_once() -> None:
    chosen = order(LABELS, 4, balance="none", seed=0, epoch=0)
    assert sorted(chosen.ravel()) == list(range(12))


def test_an_epoch_is_a_function_of_seed_and_epoch() -> None:
    def feed(seed: int, epoch: int) -> np.ndarray:
        options = {"batch_size": 4, "balance": "batches", "seed": seed, "epoch": epoch}
        return np.concatenate(
            [images for images, _ in batches(LabelledImages(IMAGES, LABELS), (32, 32), Augmentation(), **options)]
        )

    np.testing.assert_array_equal(feed(1, 1), feed(1, 1))
    assert not np.array_equal(feed(1, 1), feed(1, 2))
    assert not np.array_equal(feed(1, 1), feed(2, 1))


def test_images_keep_their_labels() -> None:
    flat = np.broadcast_to(np.arange(12, dtype=np.uint8)[:, None, None, None] * 20, (12, 32, 32, 1))
    feed = batches(LabelledImages(flat, LABELS), (32, 32), NONE, batch_size=4, balance="batches", seed=0, epoch=0)
    for images, labels in feed:
        at = np.rint(images.numpy()[:, 16, 16, 0] / 20).astype(int)
        np.testing.assert_array_equal(LABELS[at], labels)
