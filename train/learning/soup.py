"""Averaging the weights of several runs into one model: as fast as one of them, steadier than each.

Runs that start from the same pre-trained weights and differ in their seed end in the same basin, and the middle of it is
flatter than its slopes: averages hold up better on images of other origin (Wortsman et al., "Model soups", ICML 2022,
section 3). Runs that start from nothing, or from different weights, do not share a basin, and their average is worth
nothing. So runs are added one by one, the best first, and stay only where the average gains (their "greedy soup",
algorithm 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras as keras

from train import provenance
from train.learning.finish import finish
from train.learning.validation import ValidationSet, figures
from train.measuring import keras_file
from train.run import Run
from xray.errors import SetupError


class NoGain(Exception):
    """No average is better than the best run; nothing was written. The message shows all of them."""


@dataclass(frozen=True)
class Measured:
    """What one model scores on the shifted validation images."""

    name: str
    loss: float
    auroc: float

    def __str__(self) -> str:
        return f"{self.name:24s} shifted: loss {self.loss:.4f}  AUROC {self.auroc:.4f}"


def average(folders: Sequence[Path], out: Path) -> list[Measured]:
    """Average the weights of finished runs into a new run.

    Args:
        folders: Runs of one recipe on the same images from the same starting weights.
        out: The new run.

    Returns:
        What each run scores on the first one's shifted validation images, and last the average.

    Raises:
        SetupError: A run is unfinished, or they do not belong together.
        NoGain: No average has a lower loss than the best run.
    """
    runs, target = [Run(folder) for folder in folders], Run(out)
    if target.card.exists():
        raise SetupError(f"{out} already holds a finished run; give another --run")
    cards = [run.read_card() for run in runs]
    told = [run.read_recipe() for run in runs]
    _check(folders, told)
    sample, validation = runs[0].read_images()
    models = [keras_file.load(run.model) for run in runs]
    measured = [_measure(folder.name, model, validation) for folder, model in zip(folders, models, strict=True)]
    chosen, mean, best = _greedy(models, measured, validation)
    if len(chosen) == 1:
        raise NoGain(f"no average is better than {best.name}; nothing was written:\n" + "\n".join(map(str, measured)))
    cards = [cards[at] for at in sorted(chosen)]
    parts = [told[at] for at in sorted(chosen)]
    target.write_recipe({**parts[0], "command": provenance.command(), "averaged": parts})
    card = replace(cards[0], created=provenance.now(), averaged_seeds=tuple(card.seed for card in cards))
    finish(target, mean, card, sample, validation)
    return [*measured, best]


def _greedy(
    models: Sequence[keras.Model], measured: Sequence[Measured], validation: ValidationSet
) -> tuple[list[int], keras.Model, Measured]:
    """Start with the best run and add the others in their order, each if the average gains; returns who stayed."""
    order = sorted(range(len(models)), key=lambda at: measured[at].loss)
    chosen, model, best = [order[0]], models[order[0]], measured[order[0]]
    for at in order[1:]:
        mean = keras.models.clone_model(models[0])
        layers = zip(*(models[one].get_weights() for one in [*chosen, at]), strict=True)
        mean.set_weights([np.mean(layer, axis=0) for layer in layers])
        told = _measure(f"average of {len(chosen) + 1}", mean, validation)
        if told.loss < best.loss:
            chosen, model, best = [*chosen, at], mean, told
    return chosen, model, best


def _check(folders: Sequence[Path], told: Sequence[dict[str, Any]]) -> None:
    if len(told) < 2:
        raise SetupError("expected two runs or more to average")
    for name in ("recipe", "input", "labels", "weights", "data"):
        for folder, one in zip(folders[1:], told[1:], strict=True):
            if one[name] != told[0][name]:
                raise SetupError(
                    f"{folder} and {folders[0]} differ in their {name} (or split of it); only runs of one recipe on the "
                    "same images, split alike, from the same starting weights, have an average"
                )
    if told[0]["weights"] == "none":
        raise SetupError("runs that start from nothing do not share a basin; average runs from pre-trained weights")


def _measure(name: str, model: keras.Model, validation: ValidationSet) -> Measured:
    hard = validation.part(shifted=True)
    scores = model.predict(hard.images, batch_size=64, verbose=0)
    found = figures(scores, hard.labels)
    return Measured(name, found["loss"], found["auroc"])
