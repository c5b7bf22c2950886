"""Drawn radiographs: seeded, of any size, and an opacity changes the lungs only."""

import numpy as np
import pytest

from xray.phantom import draw

SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_seed_draws_the_same_chest(seed: int) -> None:
    assert np.array_equal(draw(seed), draw(seed))
    assert not np.array_equal(draw(seed), draw(seed + 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_an_opacity_only_adds_and_only_inside_the_lungs(seed: int) -> None:
    clear, opaque = draw(seed).astype(int), draw(seed, opacity=True).astype(int)
    added = opaque - clear
    assert added.min() >= 0
    assert added.max() > 20
    assert not added[:40].any() and not added[-60:].any()  # neck and belly
    assert not added[:, :30].any() and not added[:, -30:].any()  # beside the body


@pytest.mark.parametrize("opacity", [False, True])
@pytest.mark.parametrize(("height", "width"), [(64, 64), (100, 300), (512, 512), (1024, 800)])
def test_any_size_shows_the_same_chest(height: int, width: int, *, opacity: bool) -> None:
    picture = draw(3, opacity=opacity, height=height, width=width)
    assert (picture.dtype, picture.shape) == (np.uint8, (height, width))
    means = [np.mean(block) for half in np.array_split(picture, 4) for block in np.array_split(half, 4, axis=1)]
    whole = draw(3, opacity=opacity)
    wanted = [np.mean(block) for half in np.array_split(whole, 4) for block in np.array_split(half, 4, axis=1)]
    assert np.abs(np.subtract(means, wanted)).max() < 3


@pytest.mark.parametrize("seed", SEEDS)
def test_lungs_are_darker_than_what_is_around_them(seed: int) -> None:
    picture = draw(seed).astype(float)
    lungs = picture[200:300, [150, 160, 350, 360]].mean()
    spine = picture[200:300, 240:270].mean()
    air = picture[:, [0, 511]].mean()
    assert air < lungs < spine
