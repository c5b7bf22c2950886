import numpy as np

from xray.card import InputSpec
from xray.phantom import draw
from xray.shift import shifted

PIXELS = draw(3, height=160, width=200)


def test_the_same_draw_shifts_the_same() -> None:
    first, again, other = (shifted(PIXELS, InputSpec(64, 64), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_shifted_radiograph_is_a_model_s_input() -> None:
    rng = np.random.default_rng(0)
    for spec in (InputSpec(48, 64, 1), InputSpec(64, 48, 3)):
        image = shifted(PIXELS, spec, rng)
        assert image.shape == (spec.height, spec.width, spec.channels)
        assert image.dtype == np.uint8


def test_shifts_never_mirror() -> None:
    """The bright half of the picture stays on its side."""
    halves = np.zeros((100, 100), np.uint8)
    halves[:, 50:] = 200
    rng = np.random.default_rng(0)
    for _ in range(50):
        image = shifted(halves, InputSpec(64, 64), rng)[:, :, 0].astype(float)
        assert image[:, 32:].mean() >= image[:, :32].mean()
