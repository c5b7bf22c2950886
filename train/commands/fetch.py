"""`lungwatch-train fetch`: get a public data set."""

from pathlib import Path

import click


@click.command("fetch")
@click.argument("name", metavar="DATASET", type=click.Choice(["kermany"]))
@click.option("--into", default="kermany", type=click.Path(path_type=Path), help="Folder to fetch it into (2.5 GB).")
def command(name: str, into: Path) -> None:
    """Fetch DATASET, check it and write its manifest. Goes on where it was cut off; unpacked files are used as they are.

    kermany: 5,856 paediatric chest radiographs, normal and pneumonia (CC BY 4.0), from Kaggle; needs the extra `fetch`.
    """
    from train.data.fetch_kermany import fetch

    click.echo(fetch(into))
