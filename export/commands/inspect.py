"""`lungwatch-export inspect`: the card inside a model file."""

from pathlib import Path

import click


@click.command("inspect")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The card as JSON.")
def command(file: Path, as_json: bool) -> None:
    """Show the card inside a model FILE, in words. Runs nothing; needs no TensorFlow."""
    from export.model_card import words
    from export.printable import printable
    from xray import model_file

    found = model_file.read(file)
    text = found.card.to_json() if as_json else words(found.card, file.name, len(found.content), found.sha256)
    click.echo(printable(text))
