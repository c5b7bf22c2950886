"""What tells the classes apart without looking at the chest: size, shape, format and origin of the files."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.data.dataset import Example
from train.data.numbering import patient_numbers
from train.look.survey import Facts
from xray.card import Interval
from xray.statistics import auroc, bootstrap

ORIGINS = (
    "source",
    "origin",
    "site",
    "hospital",
    "institution",
    "dataset",
    "device",
    "manufacturer",
    "scanner",
    "view",
)
"""Columns of a manifest that say where an image comes from. Other columns may be finer labels, which may tell the class."""

SUSPICIOUS = 0.75
"""AUROC from which a shortcut is worth a warning, at the lower end of its interval. A weak shortcut is in every data set;
the width alone reaches 0.9 and more where the classes were collected at different places."""

_REPEATS = 200
_SMALLEST_PLACE = 10
_FEWEST = 10
"""Images on either side without which nothing is said."""
_MEASURES: dict[str, Callable[[Facts], float]] = {
    "width": lambda facts: facts.width or math.nan,
    "height": lambda facts: facts.height or math.nan,
    "aspect ratio": lambda facts: facts.width / facts.height if facts.height else math.nan,
    "bits": lambda facts: facts.bits,
    "mean grey": lambda facts: facts.mean_grey,
}


@dataclass(frozen=True)
class Shortcut:
    """How well one thing that is no anatomy tells one class from the others."""

    by: str
    """`width`, `height`, `aspect ratio`, `bits`, `mean grey`, `file format`, or a column of the manifest."""
    label: str
    auroc: Interval
    """Area under the ROC, 0.5 to 1, with its 95 % interval over patients; it does not matter in which direction."""

    @property
    def suspicious(self) -> bool:
        # An illness may well whiten a picture: its mean grey is shown, and nothing is made of it.
        return self.by != "mean grey" and self.auroc.low >= SUSPICIOUS


def shortcuts(examples: Sequence[Example], facts: Sequence[Facts]) -> tuple[Shortcut, ...]:
    """Measure every shortcut for every label, the strongest first.

    Args:
        examples: Readable ones of all splits.
        facts: Of each.
    """
    if not examples:
        return ()
    patients = patient_numbers(examples)
    scored = {name: np.array([measure(one) for one in facts], np.float64) for name, measure in _MEASURES.items()}
    named = {"file format": [one.format for one in facts]}
    for column in ORIGINS:
        values = [_place(example.columns.get(column, "")) for example in examples]
        if 1 < len(set(values)) <= len(values) // 4:  # else it names images, not places
            named[column] = values
    labels = sorted({example.label for example in examples})
    found = []
    for label in labels if len(labels) > 2 else labels[:1]:  # of two labels each is told by the other
        truth = np.array([example.label == label for example in examples])
        for name, scores in (scored | {name: _shares(values, truth) for name, values in named.items()}).items():
            known = ~np.isnan(scores)
            own = truth[known]
            if known.any() and np.ptp(scores[known]) > 0 and min(own.sum(), (~own).sum()) >= _FEWEST:
                told = _auroc(scores[known], own, patients[known], either=name in scored)
                found.append(Shortcut(name, label, told))
    return tuple(sorted(found, key=lambda one: -one.auroc.value))


def _place(value: str) -> str:
    """Take what stands before the first colon: `repository:path/of/image.png` names its place so."""
    return value.split(":", maxsplit=1)[0]


def _shares(values: Sequence[str], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Score each image by the share of the label at its place; small places together, as a few images vouch for themselves."""
    all_of = Counter(values)
    places = [value if all_of[value] >= _SMALLEST_PLACE else "" for value in values]
    all_of, with_label = Counter(places), Counter(place for place, own in zip(places, truth, strict=True) if own)
    return np.array([with_label[place] / all_of[place] for place in places])


def _auroc(
    scores: NDArray[np.float64], truth: NDArray[np.bool_], patients: NDArray[np.int64], *, either: bool
) -> Interval:
    sign = -1 if either and auroc(scores, truth) < 0.5 else 1

    def measure(at: NDArray[np.int64]) -> float:
        own = truth[at]
        return auroc(sign * scores[at], own) if own.any() and not own.all() else float("nan")

    return bootstrap(measure, np.unique(patients, return_inverse=True)[1], _REPEATS)
