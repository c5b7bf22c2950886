"""The pictures of an explanation: mosaics of filters and of activations, and bars of probabilities."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from train.explain.wording import probability
from train.report.style import FAINT, GRID, INK, SERIES, Picture, draw
from xray.card import Card, OperatingPoint
from xray.decide import Finding

if TYPE_CHECKING:  # a .tflite file is explained without TensorFlow
    from train.explain.layers import Activations, Filters

COLUMNS = 8
_GAP = 4
_FILTER_SIDE, _MAP_SIDE = 48, 96
"""Pixels of a tile, at least."""
_LIGHTEST_FILTER = 0.05
"""Of the largest weight of all: filters below are drawn on its scale, or the noise of dead ones would look learned."""
_MOST_FILTERS = 64


def filters(shown: "Filters") -> NDArray[np.uint8]:
    """Draw the heaviest filters of a layer: middle gray is a weight of 0, lighter is positive, darker negative.

    Each in its own scale, for one scale would show the heaviest alone.

    Returns:
        Shape (rows, columns, 3).
    """
    kernels = shown.kernels[:_MOST_FILTERS]
    largest = np.abs(kernels).max(axis=(1, 2, 3), keepdims=True)
    limit = np.maximum(largest, max(_LIGHTEST_FILTER * float(largest.max()), 1e-12))
    tiles = np.rint(127.5 + 127.5 * kernels / limit).astype(np.uint8)
    return _mosaic(np.broadcast_to(tiles, (*tiles.shape[:3], 3)), _FILTER_SIDE)


def activations(shown: "Activations") -> NDArray[np.uint8]:
    """Draw the channels of a layer, each from its lowest value (black; nothing is darker than 0) to its highest (white).

    Returns:
        Shape (rows, columns).
    """
    lowest = np.minimum(shown.maps.min(axis=(1, 2), keepdims=True), 0)
    spread = np.maximum(shown.maps.max(axis=(1, 2), keepdims=True) - lowest, 1e-12)
    tiles = np.rint(255 * (shown.maps - lowest) / spread).astype(np.uint8)
    return _mosaic(tiles[..., np.newaxis], _MAP_SIDE)[:, :, 0]


def _mosaic(tiles: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Put tiles of shape (N, rows, columns, channels) side by side on white, enlarged by whole pixels."""
    factor = max(1, -(-side // max(tiles.shape[1:3])))
    tiles = tiles.repeat(factor, axis=1).repeat(factor, axis=2)
    count, height, width, channels = tiles.shape
    columns = min(COLUMNS, count)
    rows = -(-count // columns)
    canvas = np.full((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP, channels), 255, np.uint8)
    for at, tile in enumerate(tiles):
        top, left = at // columns * (height + _GAP), at % columns * (width + _GAP)
        canvas[top : top + height, left : left + width] = tile
    return canvas


def bars(finding: Finding, card: Card) -> Picture:
    """Draw the probability of every label, and the operating point where there is one."""
    names, shares = list(finding.probabilities), list(finding.probabilities.values())
    point = finding.operating_point if card.positive is not None else None
    return draw((4.6, 0.9 + 0.36 * len(names)), lambda axes: _bars(axes, names, shares, card.positive, point))


def _bars(
    axes: Any, names: Sequence[str], shares: Sequence[float], positive: str | None, point: OperatingPoint | None
) -> None:
    axes.barh(names, [1.0] * len(names), color=GRID, height=0.62)
    axes.barh(names, shares, color=SERIES[0], height=0.62)
    for place, share in enumerate(shares):
        axes.text(1.02, place, probability(share), va="center", color=INK)
    if point is not None and positive is not None:
        place = names.index(positive)
        if point.uncertain is not None:
            width = point.uncertain.high - point.uncertain.low
            axes.barh([place], [width], left=point.uncertain.low, color=FAINT, height=0.62, alpha=0.45)
        axes.plot([point.threshold] * 2, [place - 0.45, place + 0.45], color=SERIES[1], linewidth=2.5)
    axes.set(xlim=(0, 1), xlabel="probability")
    axes.tick_params(axis="y", length=0)
    axes.spines[["left"]].set_visible(False)
    axes.invert_yaxis()
