"""Geometry: antialiased, stretched or padded, the same whatever the picture's size."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from xray.card import InputSpec
from xray.formats import decode
from xray.preprocess import decode_side, preprocess
from xray.radiograph import Radiograph, Source

SIDES = st.integers(1, 400)
TARGETS = st.integers(1, 200)
GEOMETRIES = st.sampled_from(["stretch", "pad"])


def radiograph(pixels: NDArray[np.uint8]) -> Radiograph:
    return Radiograph(pixels, Source("PNG", pixels.shape[1], pixels.shape[0], 8))


def triangle(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.float64]:
    """Antialiased resizing by its definition: a triangle over the footprint of a target pixel, in both directions."""

    def weights(source: int, target: int) -> NDArray[np.float64]:
        scale = source / target
        reach = max(scale, 1.0)
        centres = (np.arange(target) + 0.5) * scale
        away = np.abs(np.arange(source) + 0.5 - centres[:, np.newaxis]) / reach
        heights = np.maximum(1 - away, 0)
        return np.asarray(heights / heights.sum(axis=1, keepdims=True))

    return np.asarray(weights(pixels.shape[0], height) @ pixels @ weights(pixels.shape[1], width).T)


@given(SIDES, SIDES, TARGETS, TARGETS, st.sampled_from([1, 3]), GEOMETRIES, st.integers(0, 255))
def test_an_even_shade_stays_even(
    rows: int, columns: int, height: int, width: int, channels: int, geometry: str, shade: int
) -> None:
    spec = InputSpec(height, width, channels, geometry)
    out = preprocess(radiograph(np.full((rows, columns), shade, np.uint8)), spec)
    assert (out.dtype, out.shape) == (np.uint8, (height, width, channels))
    if geometry == "stretch":
        assert (out == shade).all()
        return
    # Padded: a box of that shade, as wide as the aspect ratio has it, in the middle of black.
    scale = min(width / columns, height / rows)
    box = (max(1, round(rows * scale)), max(1, round(columns * scale)))
    top, left = (height - box[0]) // 2, (width - box[1]) // 2
    wanted = np.zeros((height, width), np.uint8)
    wanted[top : top + box[0], left : left + box[1]] = shade
    assert np.array_equal(out[..., 0], wanted)


@given(SIDES, SIDES, TARGETS, TARGETS, st.integers(0, 2**32 - 1))
def test_stretching_is_antialiased_resizing(rows: int, columns: int, height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (rows, columns), np.uint8)
    out = preprocess(radiograph(pixels), InputSpec(height, width))
    assert np.abs(out[..., 0] - triangle(pixels, height, width)).max() < 1.01


@given(SIDES, SIDES, TARGETS, TARGETS, GEOMETRIES, st.integers(0, 2**32 - 1))
def test_three_channels_are_one_three_times(
    rows: int, columns: int, height: int, width: int, geometry: str, seed: int
) -> None:
    picture = radiograph(np.random.default_rng(seed).integers(0, 256, (rows, columns), np.uint8))
    one = preprocess(picture, InputSpec(height, width, 1, geometry))
    three = preprocess(picture, InputSpec(height, width, 3, geometry))
    assert all(np.array_equal(three[..., channel], one[..., 0]) for channel in range(3))


@given(st.integers(1, 300), GEOMETRIES)
def test_a_picture_of_the_targets_size_is_kept(side: int, geometry: str) -> None:
    pixels = np.random.default_rng(side).integers(0, 256, (side, side), np.uint8)
    assert np.array_equal(preprocess(radiograph(pixels), InputSpec(side, side, 1, geometry))[..., 0], pixels)


def test_padding_keeps_shapes_round() -> None:
    rows, columns = np.mgrid[:300, :500]
    disc = np.where((rows - 150) ** 2 + (columns - 250) ** 2 < 100**2, 255, 0).astype(np.uint8)
    out = preprocess(radiograph(disc), InputSpec(128, 128, 1, "pad"))[..., 0] > 127
    assert abs(out.any(axis=0).sum() - out.any(axis=1).sum()) <= 1
    stretched = preprocess(radiograph(disc), InputSpec(128, 128))[..., 0] > 127
    assert stretched.any(axis=1).sum() > 1.5 * stretched.any(axis=0).sum()


def test_fine_stripes_become_grey_not_stripes() -> None:
    """What nearest or plain bilinear sampling turns into new, coarse stripes."""
    stripes = np.tile(np.array([0, 255], np.uint8), (512, 256))
    out = preprocess(radiograph(stripes), InputSpec(100, 100))
    assert np.abs(out[:, 2:-2].astype(int) - 127).max() <= 6


def test_the_output_is_the_callers_own() -> None:
    """It may be kept and written to: no view of the picture."""
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    out = preprocess(radiograph(pixels), InputSpec(64, 64))
    out[:] = 0
    assert pixels.any()


@given(st.integers(300, 1500), st.integers(300, 1500), GEOMETRIES)
def test_a_reduced_decode_does_not_shift_the_picture(rows: int, columns: int, geometry: str) -> None:
    """Whatever the remainder of its sides by 8: a reduced size is rounded up."""
    ramp = np.add.outer(np.linspace(0, 120, rows), np.linspace(0, 120, columns)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(ramp).save(file, "JPEG", quality=98)
    spec = InputSpec(24, 24, 1, geometry)
    reduced = decode(file.getvalue(), at_least=24)
    assert reduced.pixels.shape < (rows, columns)
    full = preprocess(decode(file.getvalue()), spec).astype(int)
    assert np.abs(preprocess(reduced, spec) - full).max() <= 2


@pytest.mark.parametrize("geometry", ["stretch", "pad"])
def test_draft_mode_changes_next_to_nothing_on_smooth_pictures(geometry: str) -> None:
    rows, columns = np.mgrid[:1500, :1200] / 100
    smooth = (127 + 60 * np.sin(rows) + 60 * np.cos(columns)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(smooth).save(file, "JPEG", quality=95)
    spec = InputSpec(128, 128, 1, geometry)
    full = preprocess(decode(file.getvalue()), spec).astype(int)
    draft = preprocess(decode(file.getvalue(), at_least=decode_side(spec)), spec).astype(int)
    assert np.abs(full - draft).max() <= 3


@pytest.mark.data
@pytest.mark.parametrize("side", [128, 160, 224])
def test_draft_mode_changes_few_grey_levels_of_real_radiographs(data_dir: Path, side: int) -> None:
    spec = InputSpec(side, side)
    largest, means = 0, []
    for path in sorted((data_dir / "originals").glob("*/*"))[::5]:
        data = path.read_bytes()
        full = preprocess(decode(data), spec).astype(int)
        reduced = decode(data, at_least=decode_side(spec))
        draft = preprocess(reduced, spec).astype(int)
        largest, means = max(largest, int(np.abs(full - draft).max())), [*means, np.abs(full - draft).mean()]
    assert largest <= 10  # of 255, in a pixel on a sharp edge
    assert max(means) < 0.3
