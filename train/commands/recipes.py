"""`lungwatch-train recipes`: what can be trained."""

import shutil
import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from train.recipe import Recipe

_WIDEST = 100


@click.command("recipes")
def command() -> None:
    """List the recipes: input, size, stages, what each is for, and what it reached."""
    from train.recipe import load, names, reached

    width = min(shutil.get_terminal_size().columns, _WIDEST)
    indent = max(map(len, names())) + 2
    click.secho(f"{'recipe':{indent}}{'input':14}{'parameters':>10}  stages (epochs)", bold=True)
    for name in names():
        recipe = load(name)
        click.echo(f"{click.style(name, bold=True)}{'':{indent - len(name)}}{_figures(recipe)}")
        for words in (recipe.summary, reached(name)):
            click.echo(textwrap.fill(words, width, initial_indent=" " * indent, subsequent_indent=" " * indent))
    told = "`lungwatch-train fit DATA --recipe NAME --run FOLDER` trains one; `fit --help` tells what can be changed."
    click.echo(f"\n{textwrap.fill(told, width)}")


def _figures(recipe: "Recipe") -> str:
    spec = recipe.input
    side = f"{spec.height}×{spec.width} {'gray' if spec.channels == 1 else 'RGB'}"
    stages = " → ".join(f"{stage.name} ({stage.epochs})" for stage in recipe.stages)
    return f"{side:14}{recipe.parameters:>10,}  {stages}"
