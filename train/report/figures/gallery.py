"""Radiographs side by side, each with its label, what was found and the probability of every label."""

from collections.abc import Sequence
from typing import Any

from train.report.pictures import Shown
from train.report.style import FAINT, GRID, INK, SERIES, Picture, draw_sheet

ACROSS = 4
"""Pictures in a row, activation maps counted."""
_SIDE, _GAP, _TITLE, _BAR = 2.4, 0.2, 0.3, 0.16
"""Inches."""


def draw(shown: Sequence[Shown]) -> Picture:
    """Draw each radiograph, its activation map beside it where it has one, and bars below."""
    pictures = max(len(_pictures(one)) for one in shown)
    columns = min(len(shown), ACROSS // pictures)
    rows = -(-len(shown) // columns)
    wide = pictures * _SIDE + _GAP
    high = _TITLE + _SIDE + _BAR * len(shown[0].probabilities) + 2 * _GAP

    def on(sheet: Any) -> None:
        for at, one in enumerate(shown):
            row, column = divmod(at, columns)
            _one(sheet, one, _GAP + column * wide, row * high + _GAP / 2)

    return draw_sheet((columns * wide + _GAP, rows * high), on)


def _pictures(one: Shown) -> list[Any]:
    return [one.image] if one.overlay is None else [one.image, one.overlay]


def _one(sheet: Any, one: Shown, left: float, top: float) -> None:
    sheet.text(left, top + 0.2, f"{one.label} → {one.found}{'' if one.right else '  (wrong)'}", fontsize=9)
    top += _TITLE
    for place, picture in enumerate(_pictures(one)):
        start = left + place * (_SIDE + 0.05)
        extent = (start, start + _SIDE, top + _SIDE, top)
        sheet.imshow(picture, cmap="gray", vmin=0, vmax=255, extent=extent, interpolation="none")
    top += _SIDE + 0.08
    for place, (label, share) in enumerate(one.probabilities.items()):
        middle = top + (place + 0.5) * _BAR
        start, whole = left + 0.95, _SIDE - 1.4
        sheet.text(start - 0.06, middle, label[:14], fontsize=7, ha="right", va="center", color=INK)
        sheet.barh(middle, whole, height=0.7 * _BAR, left=start, color=GRID)
        sheet.barh(middle, whole * share, height=0.7 * _BAR, left=start, color=SERIES[0])
        sheet.text(start + whole + 0.06, middle, f"{share:.2f}", fontsize=7, va="center", color=FAINT)
