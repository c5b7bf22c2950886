"""`lungwatch-train sweep`: which values of a recipe's options are worth a long training."""

import sys
from pathlib import Path
from typing import Any

import click

from train.options import changes, recipe_options


def _values(option: str, text: str) -> tuple[Any, ...]:
    """Read values as the option of `fit` reads them."""

    @click.command()
    @recipe_options
    def like(**_: Any) -> None: ...

    for parameter in like.params:
        if f"--{option}" in parameter.opts:
            return tuple(parameter.type.convert(one, parameter, None) for one in text.split(","))
    return (text,)  # refused later, with the names that there are


def _vary(context: click.Context, parameter: click.Parameter, asked: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    told = {}
    for one in asked:
        option, equals, values = one.partition("=")
        told[option.replace("-", "_")] = _values(option, values) if equals else ()
    return told


@click.command("sweep")
@click.argument("recipe")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--study",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to keep what was tried. Given again, the sweep goes on; several commands may work on one.",
)
@click.option("--trials", default=20, type=click.IntRange(1), help="In the study, those of earlier calls counted.")
@click.option("--jobs", default=1, type=click.IntRange(1, 64), help="Trials at the same time, a process each.")
@click.option(
    "--vary",
    multiple=True,
    metavar="NAME[=VALUE,…]",
    callback=_vary,
    help="batch-size, learning-rate, frozen, head-width, activation, dropout, augment or optimizer, perhaps with the values "
    "to try; give it again for each.  [default: all that make sense for the recipe]",
)
@click.option("--weights", default="none", help="imagenet (downloads), none, or the path of a file without top.")
@click.option(
    "--seed", default=0, type=click.IntRange(0), help="Of the split, the order, the augmentation, the first weights."
)
@click.option("--workers", default=0, type=click.IntRange(0, 256), help="Processes that decode; 0 means one per core.")
@click.option("--allow-leakage", is_flag=True, help="Go on although the given split leaks.")
@recipe_options
def command(
    recipe: str,
    data: Path,
    study: Path,
    trials: int,
    jobs: int,
    vary: dict[str, tuple[Any, ...]],
    weights: str,
    seed: int,
    workers: int,
    allow_leakage: bool,
    **options: Any,
) -> None:
    """Try values of the options of RECIPE in short trainings on DATA, compared on shifted validation images.

    The options below hold still what they name, in every trial; --epochs makes trials shorter than the recipe's own
    training. Test images are never looked at. Exit code 1 where no trial came to its end.
    """
    from train.report.sweep import write
    from train.sweep import Settings, sweep
    from train.sweep.plan import fit_command, words

    fixed = changes(options)
    done = sweep(Settings(recipe, data, study, trials, jobs, vary, fixed, weights, seed, workers, allow_leakage))
    page = write(done, str(data))
    best = done.best()
    if best is None:
        click.echo(f"lungwatch-train: no trial came to its end; {page} tells why", err=True)
        sys.exit(1)
    click.echo(f"best: trial {best.number + 1}, {done.plan.figure} {best.value:.4f}, {words(best.point)}")
    click.echo(fit_command(done.plan, best.point, str(data)))
    click.echo(f"page: {page}", err=True)
