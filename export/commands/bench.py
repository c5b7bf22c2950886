"""`lungwatch-export bench`: what model files cost on this machine."""

from pathlib import Path

import click


@click.command("bench")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--threads", default=1, type=click.IntRange(1), help="Threads of each interpreter.")
@click.option("--runs", default=100, type=click.IntRange(5), help="Images on each interpreter.")
@click.option("--interpreters", default=1, type=click.IntRange(1), help="How many run at once, for the throughput.")
@click.option(
    "--in", "where", default="processes", type=click.Choice(["processes", "threads"]), help="Where they run at once."
)
@click.option("--against", type=click.Path(path_type=Path), help="The file that ratios compare with; else the first.")
@click.option("--csv", type=click.Path(path_type=Path), help="Also write every figure here.")
@click.option(
    "--picture", type=click.Path(path_type=Path), help="Also draw them here (.png or .svg); needs matplotlib."
)
def command(
    files: tuple[Path, ...],
    threads: int,
    runs: int,
    interpreters: int,
    where: str,
    against: Path | None,
    csv: Path | None,
    picture: Path | None,
) -> None:
    """Measure latency, throughput and memory of model FILES on this machine, side by side. Needs LiteRT only."""
    from export.bench import table
    from export.bench.machine import this_machine
    from export.bench.measure import Way, measure, named
    from export.bench.writing import drawing, write
    from export.printable import printable

    draw = drawing(picture) if picture else None  # before minutes of measuring: it may not be possible
    reference = against or files[0]
    machine, way = this_machine(), Way(threads, interpreters, where == "threads", runs)
    paths = tuple(dict.fromkeys([reference, *files]))
    told = measure(paths, reference, way), named(reference, paths), machine, way
    click.echo(printable(table.table(*told)))
    if csv:
        write(csv, table.as_csv(*told).encode())
    if draw and picture:
        write(picture, draw(*told))
