"""`lungwatch-export bundle`: a model file with an example that runs on a device."""

from pathlib import Path

import click

from export.target import TARGETS


@click.command("bundle")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--target", required=True, type=click.Choice([one.name for one in TARGETS]), help="The kind of device.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write; else FILE's name with the target's.")
def command(file: Path, target: str, out: Path | None) -> None:
    """Bundle a model FILE for a device: the file, its labels, an example that reads the card, a README."""
    from export.bundle import bundle

    folder = bundle(file, target, out or file.with_name(f"{file.stem}-{target}"))
    for path in sorted(folder.iterdir()):
        click.echo(f"{path}  {path.stat().st_size} bytes")
