"""`lungwatch-train explain`: what a model says about single radiographs, and why."""

import sys
from pathlib import Path

import click


@click.command("explain")
@click.argument("model", type=click.Path(path_type=Path, exists=True))
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--out",
    default="explained",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the page and the pictures. They show patients' images.",
)
@click.option(
    "--layers",
    multiple=True,
    metavar="NAME",
    help="Layer of a run to show; give it again for each.  [default: a handful spread over the depth]",
)
def command(model: Path, images: tuple[Path, ...], out: Path, layers: tuple[str, ...]) -> None:
    """Explain what MODEL (a run or a .tflite file) says about IMAGES: activation maps, probabilities, layers, filters.

    One line for each image on stdout; the pictures on one page in --out. Exit code 1 where an image was refused.
    """
    from train.explain import Explainer
    from train.explain.reading import Refusal
    from train.explain.wording import line, refusal
    from train.report.explain import Page

    explainer = Explainer(model, layers)
    page = Page(explainer.card, explainer.inside, out)
    refused = False
    for told in explainer.explain(images):
        if isinstance(told, Refusal):
            refused = True
            page.refuse(told)
            click.echo(refusal(str(told.path), told))
        else:
            page.add(told)
            click.echo(line(str(told.view.path), told.finding, explainer.card))
    click.echo(f"page: {page.close()}", err=True)
    sys.exit(1 if refused else 0)
