"""Golden cases: whether a machine computes with a model file what its maker's machine computed.

The card holds drawn radiographs (by seed) and the scores that this very file gave for them. Another processor may run
other kernels, which round otherwise; what goes beyond that is a fault of the machine, its LiteRT or its Pillow.
"""

import numpy as np
from numpy.typing import NDArray

from xray.card import Card, GoldenCase, InputSpec
from xray.phantom import draw
from xray.runtime import Predictor

ALLOWED_DIFFERENCE = 0.2
"""Of a score, after the temperature. An int8 file gives scores in steps, and LiteRT's plain kernels are up to one step away
from XNNPACK's: 0.076 on the reference model, 0.062 on a small CNN; float files 3e-6. 0.2 on one side moves a
probability by at most 0.05; another model, or a machine that computes wrongly, is whole units away."""


def image(case: GoldenCase, spec: InputSpec) -> NDArray[np.uint8]:
    """Draw a case as the graph wants it: uint8, shape (height, width, channels), 0..255."""
    pixels = draw(case.seed, opacity=case.opacity, height=spec.height, width=spec.width)
    return np.repeat(pixels[:, :, np.newaxis], spec.channels, axis=2)


def largest_difference(predictor: Predictor, card: Card) -> float | None:
    """Run the golden cases of a card.

    Returns:
        How far the scores are from those on the card, at most, after the temperature; infinite where one is no
        number; None where the card holds no case, so that nothing is proven.
    """
    away = [
        np.abs(predictor.predict(image(case, card.input)).scores - np.array(case.scores)).max() / card.temperature
        for case in card.golden
    ]
    if not away:
        return None
    largest = float(np.max(away))  # NaN where any is, unlike max()
    return largest if np.isfinite(largest) else float("inf")
