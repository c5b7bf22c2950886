"""`lungwatch-export diagnose`: which layers int8 hurts."""

import sys
from pathlib import Path

import click

_PROFILE_HELP = "An int8 profile whose layers may stay in float."


@click.command("diagnose")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--profile", default="int8", help=_PROFILE_HELP)
@click.option("--picture", type=click.Path(path_type=Path), help="Also draw it (.png, .svg or .pdf).")
@click.option("--data", type=click.Path(path_type=Path), help="A labelled set to judge on, besides the run's own.")
@click.option("--split", help="Which images of DATA: train, val, test or all; else test where there is one, or val.")
@click.option("--layers", default=40, type=click.IntRange(1), help="How many layers are tried on all probes.")
@click.option("--probes", default=96, type=click.IntRange(8), help="How many images each layer is tried on.")
def command(
    run: Path, profile: str, picture: Path | None, data: Path | None, split: str | None, layers: int, probes: int
) -> None:
    """Find the layers of RUN that int8 hurts, and how few must stay in float to pass the gate.

    Ends with the line to paste. Exit code 1: no choice of a few layers passes.
    """
    from export import labelled
    from export.diagnose import advice, diagnose, table
    from export.profiles import profile as named
    from export.source import read
    from export.yardstick import yardstick

    chosen, source = named(profile), read(run)
    more = () if data is None else (labelled.read(data, source.card, split),)
    told = diagnose(yardstick(source, *more), chosen, probes=probes, layers=layers)
    if picture is not None:
        from export.diagnose_picture import draw

        draw(told, picture)
    click.echo(table(told))
    click.echo(f"\n{advice(told, run)}")
    if told.passing is None:
        sys.exit(1)
