"""Numbers as readers expect them, the same on the page and on the card."""

from collections.abc import Callable
from typing import Any

from train.measuring.percent import UNBROKEN, percent
from xray.card import Interval, OperatingPoint

POINTS = {
    "balanced": "best sum of sensitivity and specificity on the validation images; the one used unless another is asked for",
    "half": "probability of one half",
    "sensitivity95": "finds at least 95 % of the positives on the validation images",
}
"""What each operating point of `xray.calibration` is."""

MONITORS = {
    "shifted_auroc": "the AUROC on shifted validation images",
    "shifted_loss": "the log loss on shifted validation images",
    "val_auroc": "the AUROC on validation images",
    "val_accuracy": "the accuracy on validation images",
    "val_loss": "the log loss on validation images",
}
"""What chooses an epoch, by column of history.csv."""

COLUMNS = {
    "loss": "training loss",
    "accuracy": "training accuracy",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "val_auroc": "validation AUROC",
    "shifted_accuracy": "shifted accuracy",
    "shifted_auroc": "shifted AUROC",
    "test_accuracy": "test accuracy",
}
"""What is told of single epochs, by column of history.csv."""

OUTCOMES = {
    "good enough": "good",
    "good enough in-sample": "open",
    "good enough unless it leaks": "open",
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
    return f"{percent(interval.value)} ({low.removesuffix(f'{UNBROKEN}%')}–{high})"


def figure(interval: Interval | None, digits: int = 3) -> str:
    """A figure with its interval."""
    if interval is None:
        return "–"
    return f"{interval.value:.{digits}f} ({interval.low:.{digits}f}–{interval.high:.{digits}f})"


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


def of(interval: Interval, total: int) -> str:
    """A share of so many, counted: 95 (93 to 97)."""
    value, low, high = (round(total * one) for one in (interval.value, interval.low, interval.high))
    return f"{value} ({low} to {high})"


def not_of(interval: Interval, total: int) -> str:
    """What a share leaves of so many."""
    return of(Interval(1 - interval.value, 1 - interval.high, 1 - interval.low), total)


def right_of_100(point: OperatingPoint, prevalence: float = 0.1) -> str:
    """Of 100 positive calls so many are right where one radiograph in ten is positive (PPV, by Bayes' rule)."""

    def predictive(sensitivity: float, specificity: float) -> float:
        right, wrong = prevalence * sensitivity, (1 - prevalence) * (1 - specificity)
        return right / (right + wrong) if right + wrong else 0.0

    found, spared = point.sensitivity, point.specificity
    low, high = predictive(found.low, spared.low), predictive(found.high, spared.high)
    return of(Interval(predictive(found.value, spared.value), low, high), 100)


FILTERS: dict[str, Callable[..., str]] = {
    "share": share,
    "figure": figure,
    "percent": percent,
    "number": number,
    "duration": duration,
    "size": size,
    "plain": plain,
    "of": of,
    "not_of": not_of,
    "right_of_100": right_of_100,
}
"""For the templates."""
