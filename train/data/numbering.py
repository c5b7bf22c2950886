"""Labels and patients as numbers, for everything that computes with them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from train.data.dataset import Example


def label_numbers(examples: Sequence[Example], labels: tuple[str, ...]) -> NDArray[np.int64]:
    """Give each example its label's place in the order of the scores."""
    return np.array([labels.index(example.label) for example in examples], np.int64)


def patient_numbers(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Number the patients; an image of nobody known is its own patient."""
    numbers: dict[str, int] = {}
    names = [example.patient or str(example.path) for example in examples]
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)
