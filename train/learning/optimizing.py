"""Optimizers and learning rate schedules, by the names that recipes and users give them."""

from collections.abc import Sequence
from typing import Any

import tf_keras as keras

from train.learning.progress import Row
from train.recipe import Stage

CLIP_NORM = 5.0
PLATEAU_EPOCHS = 2
PLATEAU_FACTOR = 0.3
EXPONENTIAL_END = 0.05
"""What is left of the learning rate at the end of a stage."""


def optimizer(stage: Stage, rate: Any) -> keras.optimizers.Optimizer:
    """Make a stage's optimizer, gradients clipped to a norm of 5 (a lone batch must not undo an epoch).

    Args:
        stage: Names it.
        rate: From `learning_rate`.
    """
    match stage.optimizer:
        case "adamw":
            made = keras.optimizers.AdamW(rate, weight_decay=stage.weight_decay, global_clipnorm=CLIP_NORM)
            made.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
            return made
        case "sgd":
            return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, global_clipnorm=CLIP_NORM)
        case name:
            kinds = {"adam": "Adam", "nadam": "Nadam", "rmsprop": "RMSprop"}
            return getattr(keras.optimizers, kinds[name])(rate, global_clipnorm=CLIP_NORM)


def learning_rate(stage: Stage, steps: int, done: Sequence[Row]) -> Any:
    """Give a stage's learning rate, or the schedule of it.

    `cosine` rises over half an epoch and falls to zero along a cosine (Loshchilov & Hutter, ICLR 2017, eq. 5);
    `exponential` falls to a twentieth; `plateau` is multiplied by 0.3 whenever two epochs brought no lower validation
    loss; `constant` stays.

    Args:
        stage: Names it.
        steps: In an epoch.
        done: The stage's epochs so far: a plateau is counted from them, so that it survives a kill.
    """
    total = max(1, stage.epochs * steps)
    match stage.schedule:
        case "cosine":
            warm_up = max(1, steps // 2)
            return keras.optimizers.schedules.CosineDecay(
                0.0, max(1, total - warm_up), warmup_target=stage.learning_rate, warmup_steps=warm_up
            )
        case "exponential":
            return keras.optimizers.schedules.ExponentialDecay(stage.learning_rate, total, EXPONENTIAL_END)
        case "plateau":
            return stage.learning_rate * PLATEAU_FACTOR ** plateaus([row["val_loss"] for row in done])
        case _:
            return stage.learning_rate


def plateaus(losses: Sequence[float]) -> int:
    """Count how often two epochs in a row brought no lower loss; after each the count of epochs begins anew."""
    best, waited, found = float("inf"), 0, 0
    for loss in losses:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited == PLATEAU_EPOCHS:
            waited, found = 0, found + 1
    return found
