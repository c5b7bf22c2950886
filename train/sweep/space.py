"""Which options a sweep varies, and between which values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from train.changes import Changes
from train.classifier import ACTIVATIONS
from train.learning.augmentation import SETS
from train.recipe import OPTIMIZERS, Recipe
from xray.errors import SetupError

Value = int | float | str
Point = dict[str, Value]
"""One value for each option that is varied, by its name in `Changes`."""

OWN = "own"
"""The recipe's own augmentation, where it is none that has a name."""


@dataclass(frozen=True)
class Axis:
    """One option that is varied."""

    name: str
    """Of the field in `Changes`."""
    values: tuple[Value, ...] = ()
    span: tuple[float, float] | None = None
    """In place of values: anything from here to there, each factor being as likely."""

    @property
    def option(self) -> str:
        """As `fit` names it."""
        return self.name.replace("_", "-")


def axes(recipe: Recipe, weights: str, asked: dict[str, tuple[Value, ...]], fixed: Changes) -> tuple[Axis, ...]:
    """Decide what is varied.

    Args:
        recipe: As the fixed options have changed it.
        weights: What its backbone starts from.
        asked: Options that the user wants varied, each with its values or with none; empty takes all that make sense.
        fixed: What the user holds still.

    Raises:
        SetupError: There is no such option, it makes no sense here, or it is held still as well.
    """
    known = _catalogue(recipe)
    held = {name for name, value in vars(fixed).items() if value not in (None, ())}
    if not asked:
        sensible = [
            one for name, one in known.items() if name not in held and not _senseless(recipe, weights, name, False)
        ]
        return tuple(sensible)
    unknown = [name for name in asked if name not in known]
    if unknown:
        names = ", ".join(one.option for one in known.values())
        raise SetupError(f"--vary {', '.join(unknown)}: expected some of {names}")
    chosen = []
    for name, values in asked.items():
        option = known[name].option
        if name in held:
            raise SetupError(f"--vary {option} and --{option} exclude each other: leave one out")
        reason = _senseless(recipe, weights, name, "head_width" in asked)
        if reason:
            raise SetupError(f"--vary {option}: {reason}")
        chosen.append(Axis(name, values) if values else known[name])
    if "activation" in asked:  # of a hidden layer, so there must be one
        chosen = [_without_zero(one) if one.name == "head_width" else one for one in chosen]
    return tuple(chosen)


def _catalogue(recipe: Recipe) -> dict[str, Axis]:
    """All that can be varied; the recipe's own value is always among the values."""
    last = recipe.stages[-1]
    own = own_point(recipe)
    rate = last.learning_rate
    lists: dict[str, Sequence[Value]] = {
        "batch_size": (8, 16, 32, 64),
        "frozen": (0.0, 0.5, 0.75, 0.9, 1.0),
        "head_width": (0, 64, 128, 256),
        "activation": ACTIVATIONS,
        "dropout": (0.0, 0.2, 0.4, 0.6),
        "augment": tuple(SETS),
        "optimizer": OPTIMIZERS,
    }
    found = {"learning_rate": Axis("learning_rate", span=(rate / 10, rate * 10))}
    for name, values in lists.items():
        every = dict.fromkeys([*values, own[name]])
        found[name] = Axis(name, tuple(every) if isinstance(own[name], str) else tuple(sorted(every)))
    return {name: found[name] for name in ("learning_rate", *lists)}


def _senseless(recipe: Recipe, weights: str, name: str, head_varied: bool) -> str:
    """Say why an option is not worth varying; nothing where it is."""
    if name == "frozen" and weights == "none":
        return "a backbone that starts from nothing must learn as a whole; give --weights"
    if name == "frozen" and len(recipe.stages) > 1:
        return "what rests changes from stage to stage of this recipe; give --stages with one of them"
    if name == "activation" and not recipe.head.width and not head_varied:
        return "the head has no hidden layer, so there is nothing to activate; give --head-width too"
    return ""


def _without_zero(axis: Axis) -> Axis:
    return replace(axis, values=tuple(value for value in axis.values if value))


def own_point(recipe: Recipe) -> Point:
    """The recipe's own value of everything that can be varied."""
    last = recipe.stages[-1]
    named = [name for name, one in SETS.items() if one == recipe.augmentation]
    return {
        "learning_rate": last.learning_rate,
        "batch_size": recipe.batch_size,
        "frozen": last.frozen,
        "head_width": recipe.head.width,
        "activation": recipe.head.activation,
        "dropout": recipe.head.dropout,
        "augment": named[0] if named else OWN,
        "optimizer": last.optimizer,
    }


def start(recipe: Recipe, varied: Sequence[Axis]) -> Point | None:
    """The recipe's own point among all that can be tried; None where the user's values leave it out."""
    own = own_point(recipe)
    if any(axis.values and own[axis.name] not in axis.values for axis in varied):
        return None
    return {axis.name: own[axis.name] for axis in varied}


def changes(fixed: Changes, point: Point) -> Changes:
    """Put a point's values beside the fixed options; a learning rate is rounded to what a person would write."""
    given: dict[str, Any] = {}
    for name, value in point.items():
        if name == "learning_rate":
            given[name] = float(f"{value:.3g}")
        elif name == "augment":
            given[name] = () if value == OWN else (str(value),)
        else:
            given[name] = value
    return replace(fixed, **given)
