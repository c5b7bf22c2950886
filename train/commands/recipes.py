"""`lungwatch-train recipes`: what can be trained."""

import click


@click.command("recipes")
def command() -> None:
    """List the recipes."""
    from train.recipe import load, names

    for name in names():
        recipe = load(name)
        spec = recipe.input
        click.echo(f"{name:20s} {spec.height}×{spec.width}×{spec.channels}  {recipe.summary}")
        click.echo(f"{'':20s} {recipe.reached}")
