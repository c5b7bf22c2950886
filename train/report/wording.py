"""Numbers as readers expect them, the same on the page and on the card."""

from collections.abc import Callable
from typing import Any

from train.verdict import percent
from xray.card import Interval

POINTS = {
    "balanced": "best sum of sensitivity and specificity on the validation images; the one used unless another is asked for",
    "half": "probability of one half",
    "sensitivity95": "finds at least 95 % of the positives on the validation images",
}
"""What each operating point of `xray.calibration` is."""

OUTCOMES = {
    "good enough": "good",
    "good enough in-sample": "open",
    "not good enough": "bad",
    "cannot be told": "open",
    "too few images": "open",
}
"""How each outcome of a verdict is coloured."""


def share(interval: Interval | None) -> str:
    """A share with its interval, in percent."""
    if interval is None:
        return "–"
    low, high = percent(interval.low), percent(interval.high)
    return f"{percent(interval.value)} ({low.removesuffix(' %')}–{high})"


def figure(interval: Interval | None) -> str:
    """An area with its interval."""
    return "–" if interval is None else f"{interval.value:.3f} ({interval.low:.3f}–{interval.high:.3f})"


def number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def duration(seconds: float) -> str:
    """So long, in the unit that a person would choose."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.2f} MB"


def plain(value: Any) -> str:
    """A setting as one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return " · ".join(plain(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


FILTERS: dict[str, Callable[..., str]] = {
    "share": share,
    "figure": figure,
    "percent": percent,
    "number": number,
    "duration": duration,
    "size": size,
    "plain": plain,
}
"""For the templates."""
