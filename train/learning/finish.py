"""The end of every run: calibrate the model that came out, and write what export needs, the card last."""

import logging
from dataclasses import replace

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray

from train.learning.validation import SHIFTS, ValidationSet, outputs
from train.measuring.flags import FEW_IMAGES
from train.measuring.scoring import keras_score
from train.run import Run
from xray.calibration import calibrate
from xray.card import Card, Result
from xray.decide import probabilities
from xray.statistics import mean_auroc

log = logging.getLogger(__name__)


def finish(run: Run, model: keras.Model, card: Card, sample: NDArray[np.uint8], validation: ValidationSet) -> None:
    """Calibrate a model on its shifted validation images, and make its run whole.

    Args:
        run: Where to write; its history and report are the caller's.
        model: With the layers `features`, `embedding` and `scores`.
        card: What is known of it but for what is fitted here.
        sample: Training images, uint8, shape (N, H, W, C).
        validation: Plain and shifted.
    """
    score = keras_score(model)
    hard, easy = validation.part(shifted=True), validation.part(shifted=False)
    shifted, plain = (outputs(score, part.images, part.labels) for part in (hard, easy))
    described = f"{len(easy.labels)} validation images, each shifted {SHIFTS} times, labels weighing the same"
    fewest = int(np.bincount(easy.labels, minlength=len(card.labels)).min())
    if fewest < FEW_IMAGES:
        log.warning("thresholds and temperature are rough: one label has no more validation images than %d", fewest)
        described += f"; only {fewest} of one label, so all of this is rough"
    card, arrays = calibrate(card, shifted, score(sample)[1], described)
    measured = (("validation", plain), ("validation, shifted", shifted))
    results = tuple(
        Result("AUROC", data, mean_auroc(probabilities(told.scores, card.temperature), told.labels))
        for data, told in measured
    )
    bare = keras.models.clone_model(model)  # without the optimizer, whose state is twice the weights
    bare.set_weights(model.get_weights())
    bare.save(run.model)
    run.write_images(sample, validation)
    run.write_card(replace(card, results=results), arrays)
