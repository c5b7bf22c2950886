"""What a user may change of a recipe: every field of it that is a matter of taste, by option or by a sweep."""

from dataclasses import dataclass, fields, replace
from typing import Any

from train.learning.augmentation import named
from train.recipe import Recipe, Stage
from xray.errors import SetupError


@dataclass(frozen=True)
class Changes:
    """None, or nothing, keeps the recipe's own."""

    epochs: int | None = None
    """In all stages together."""
    stages: tuple[str, ...] = ()
    """Names of those to go through."""
    batch_size: int | None = None
    size: int | None = None
    channels: int | None = None
    geometry: str | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    """Of the last stage; the others' change by the same factor."""
    schedule: str | None = None
    weight_decay: float | None = None
    frozen: float | None = None
    """Of every stage that freezes anything, or else of the last."""
    patience: int | None = None
    monitor: str | None = None
    head_width: int | None = None
    activation: str | None = None
    dropout: float | None = None
    l1: float | None = None
    l2: float | None = None
    balance: str | None = None
    average: float | None = None
    augment: tuple[str, ...] = ()


def changed(recipe: Recipe, changes: Changes) -> Recipe:
    """Apply what the user asked for.

    Raises:
        SetupError: A stage or an augmentation that there is not.
    """
    if changes.stages:
        recipe = replace(recipe, stages=_chosen(recipe, changes.stages))
    if changes.epochs is not None:
        recipe = with_epochs(recipe, changes.epochs)
    recipe = replace(recipe, stages=_stages(recipe.stages, changes))
    spec, head = recipe.input, recipe.head
    return replace(
        recipe,
        input=replace(
            spec,
            **_given(height=changes.size, width=changes.size, channels=changes.channels, geometry=changes.geometry),
        ),
        head=replace(head, **_given(width=changes.head_width, activation=changes.activation, dropout=changes.dropout)),
        augmentation=named(recipe.augmentation, changes.augment),
        **_same(changes, "batch_size", "patience", "monitor", "l1", "l2", "balance", "average"),
    )


def with_epochs(recipe: Recipe, epochs: int) -> Recipe:
    """Give a recipe another number of epochs: earlier stages keep theirs, the last takes what is left, one at least."""
    stages: list[Stage] = []
    for stage in recipe.stages[:-1]:
        own = max(0, min(stage.epochs, epochs - 1 - sum(one.epochs for one in stages)))
        stages.append(replace(stage, epochs=own))
    last = epochs - sum(stage.epochs for stage in stages)
    kept = [stage for stage in stages if stage.epochs]
    return replace(recipe, stages=(*kept, replace(recipe.stages[-1], epochs=last)))


def _chosen(recipe: Recipe, asked: tuple[str, ...]) -> tuple[Stage, ...]:
    unknown = set(asked) - {stage.name for stage in recipe.stages}
    if unknown:
        raise SetupError(
            f"{recipe.name} has no stage {', '.join(sorted(unknown))}; "
            f"it has {', '.join(repr(stage.name) for stage in recipe.stages)}"
        )
    return tuple(stage for stage in recipe.stages if stage.name in asked)


def _stages(stages: tuple[Stage, ...], changes: Changes) -> tuple[Stage, ...]:
    factor = 1.0 if changes.learning_rate is None else changes.learning_rate / stages[-1].learning_rate
    freezing = {stage.name for stage in stages if stage.frozen} or {stages[-1].name}
    made = []
    for stage in stages:
        frozen = changes.frozen if changes.frozen is not None and stage.name in freezing else stage.frozen
        made.append(
            replace(
                stage,
                learning_rate=stage.learning_rate * factor,
                frozen=frozen,
                cached=stage.cached and frozen == 1,
                **_same(changes, "optimizer", "schedule", "weight_decay"),
            )
        )
    return tuple(made)


def _same(changes: Changes, *names: str) -> dict[str, Any]:
    assert set(names) <= {field.name for field in fields(changes)}
    return _given(**{name: getattr(changes, name) for name in names})


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
