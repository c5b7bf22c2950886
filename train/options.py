"""The options that change a recipe, shared by every command that trains."""

from collections.abc import Callable
from typing import Any

import click

from train.changes import Changes
from train.classifier import ACTIVATIONS
from train.learning.augmentation import KINDS, SETS
from train.recipe import BALANCES, MONITORS, OPTIMIZERS, SCHEDULES

_OWN = "  [default: the recipe's]"
_SHARE = click.FloatRange(0, 1)
_OPTIONS = (
    click.option("--epochs", type=click.IntRange(1), help=f"At most, in all stages together.{_OWN}"),
    click.option(
        "--stages", multiple=True, help="Name of a stage to go through; give it again for each.  [default: all]"
    ),
    click.option("--batch-size", type=click.IntRange(1), help=f"Images a step.{_OWN}"),
    click.option("--size", type=click.IntRange(32, 1024), help=f"Side of the input in pixels.{_OWN}"),
    click.option("--channels", type=click.Choice([1, 3]), help=f"Gray or RGB.{_OWN}"),
    click.option(
        "--geometry",
        type=click.Choice(["stretch", "pad"]),
        help=f"Give up the aspect ratio, or keep it on a black square.{_OWN}",
    ),
    click.option("--optimizer", type=click.Choice(OPTIMIZERS), help=f"In all stages.{_OWN}"),
    click.option(
        "--learning-rate",
        type=click.FloatRange(0, min_open=True),
        help=f"Highest, in the last stage; other stages change by the same factor.{_OWN}",
    ),
    click.option("--schedule", type=click.Choice(SCHEDULES), help=f"Of the learning rate.{_OWN}"),
    click.option("--weight-decay", type=click.FloatRange(0), help=f"Of adamw.{_OWN}"),
    click.option(
        "--frozen", type=_SHARE, help=f"Share of the backbone that rests, in the stages where any of it does.{_OWN}"
    ),
    click.option("--patience", type=click.IntRange(1), help=f"End a stage after so many epochs without gain.{_OWN}"),
    click.option("--monitor", type=click.Choice(MONITORS), help=f"The figure that chooses the epoch.{_OWN}"),
    click.option("--head-width", type=click.IntRange(0), help=f"Of the hidden layer in the head; 0 for none.{_OWN}"),
    click.option("--activation", type=click.Choice(ACTIVATIONS), help=f"Of the hidden layer in the head.{_OWN}"),
    click.option("--dropout", type=click.FloatRange(0, 0.95), help=f"Before the last layer.{_OWN}"),
    click.option("--l1", type=click.FloatRange(0), help=f"Factor of the kernels' absolute sum in the loss.{_OWN}"),
    click.option("--l2", type=click.FloatRange(0), help=f"Factor of the kernels' squared sum in the loss.{_OWN}"),
    click.option(
        "--balance",
        type=click.Choice(BALANCES),
        help="Answer to rare labels: as many of each in every batch, weights in the loss, three more copies of each rare "
        f"image, differently augmented, or nothing.{_OWN}",
    ),
    click.option(
        "--average", type=click.FloatRange(0, 0.9999), help=f"Decay of the moving average of the weights.{_OWN}"
    ),
    click.option(
        "--augment",
        multiple=True,
        metavar="NAME[=STRENGTH]",
        help=f"{', '.join(SETS)}, or one of {', '.join(KINDS)} with its strength; each is applied to what stands before "
        f"it, the recipe's own first: --augment none --augment rotation=10.{_OWN}",
    ),
)


def recipe_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all options that change a recipe; it takes them as `**options` for `changes`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def changes(options: dict[str, Any]) -> Changes:
    """Gather what was given."""
    return Changes(**options)
