"""How long one image takes: what the gate tells. `lungwatch-export bench` measures more, on any machine."""

import time
from collections.abc import Sequence

import numpy as np

from xray.runtime import Predictor

_WARM_UP = 3
RUNS = 20
_ROUNDS = 3


def median_ms(predictors: Sequence[Predictor], runs: int = RUNS) -> tuple[float, ...]:
    """Measure graphs side by side: in turns, so that a busy machine is busy for all of them.

    Returns:
        For each the median milliseconds for one image of noise, on as many threads as it was given; the least of three
        rounds, since whatever a neighbour adds is no property of the graph.
    """
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, predictor.input_shape, np.uint8) for predictor in predictors]
    seconds = np.zeros((_ROUNDS, _WARM_UP + runs, len(predictors)))
    for turn in np.ndindex(_ROUNDS, _WARM_UP + runs):
        for at, (predictor, image) in enumerate(zip(predictors, images, strict=True)):
            start = time.perf_counter()
            predictor.predict(image)
            seconds[(*turn, at)] = time.perf_counter() - start
    medians = np.median(seconds[:, _WARM_UP:], axis=1)
    return tuple(float(value) for value in 1000 * medians.min(axis=0))
