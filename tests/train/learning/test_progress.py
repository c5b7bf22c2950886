import math

import pytest

from train.learning.progress import Progress, ahead, overfitting_since, stopped
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="two",
    summary="",
    input=InputSpec(32, 32),
    backbone=lambda image, weights: image,
    stages=(Stage("head", 3, 1e-3, frozen=1.0), Stage("all layers", 4, 1e-4)),
    monitor="val_loss",
    patience=2,
)


def rows(*losses: float, stage: str = "head", first: int = 1) -> list[dict[str, object]]:
    return [
        {"epoch": first + at, "stage": stage, "val_loss": loss, "loss": 1 / (first + at)}
        for at, loss in enumerate(losses)
    ]


def test_stages_come_one_after_the_other() -> None:
    head, whole = RECIPE.stages
    assert ahead(RECIPE, []) == (head, 0)
    assert ahead(RECIPE, rows(3, 2)) == (head, 2)
    assert ahead(RECIPE, rows(3, 2, 1)) == (whole, 0)
    assert ahead(RECIPE, rows(3, 2, 1) + rows(4, 3, 2, 1, stage="all layers", first=4)) is None


def test_a_stage_ends_after_as_many_epochs_without_gain_as_patience_has() -> None:
    assert ahead(RECIPE, rows(1, 2)) == (RECIPE.stages[0], 2)
    assert ahead(RECIPE, rows(1, 2, 2)) == (RECIPE.stages[1], 0)
    assert stopped(rows(3, 1, 2, 1), "val_loss", 2)
    assert not stopped(rows(3, 1, 2, 0.9), "val_loss", 2)
    assert not stopped(rows(1, 2, 3, 4), "val_loss", None)


def test_patience_is_counted_in_each_stage_by_itself() -> None:
    """A new stage may begin worse than the last one ended."""
    done = rows(3, 2, 1) + rows(9, 8, stage="all layers", first=4)
    assert ahead(RECIPE, done) == (RECIPE.stages[1], 2)


@pytest.mark.parametrize(
    ("monitor", "values", "best"),
    [
        ("val_loss", (3, 1, 2), 2),
        ("shifted_auroc", (0.7, 0.9, 0.8), 2),
        ("shifted_auroc", (math.nan, 0.5, math.nan), 2),
        ("val_accuracy", (0.9, 0.9, 0.9), 1),
    ],
)
def test_the_best_epoch_is_the_first_with_the_best_figure(monitor: str, values: tuple[float, ...], best: int) -> None:
    progress = Progress([])
    told = [progress.add({"epoch": at, monitor: value}, monitor) for at, value in enumerate(values, start=1)]
    assert progress.best_epoch == best
    assert told[best - 1]
    assert not any(told[best:])


def test_over_fitting_is_a_rising_validation_loss_under_a_falling_training_loss() -> None:
    assert overfitting_since(rows(3, 1, 2, 2)) is None, "two epochs may be chance"
    assert overfitting_since(rows(3, 1, 2, 2, 1.5)) == 2
    assert overfitting_since(rows(5, 4, 3, 2, 1)) is None
    unlearned = [row | {"loss": 1.0} for row in rows(3, 1, 2, 2, 1.5)]
    assert overfitting_since(unlearned) is None, "a model that does not learn does not learn by heart"
