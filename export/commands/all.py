"""`lungwatch-export all`: every profile of a run, side by side."""

from pathlib import Path

import click


@click.command("all")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--profiles", default="all", help="Names, parted by commas.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the files and profiles.csv.")
@click.option("--data", type=click.Path(path_type=Path), help="A labelled set to compare on, besides the run's own.")
@click.option("--split", help="Which images of DATA: train, val, test or all; else test where there is one, or val.")
def command(run: Path, profiles: str, out: Path, data: Path | None, split: str | None) -> None:
    """Convert RUN by each profile, and print what each costs and loses.

    Files that fail their gate are not written; the table says why. Latencies are ratios, measured side by side.
    """
    from export import labelled
    from export.lineup import as_csv, line_up, markdown
    from export.profiles import PROFILES, profile
    from export.source import read
    from export.yardstick import yardstick

    chosen = PROFILES if profiles == "all" else [profile(name.strip()) for name in profiles.split(",")]
    source = read(run)
    more = () if data is None else (labelled.read(data, source.card, split),)
    out.mkdir(parents=True, exist_ok=True)
    entries = []
    for entry in line_up(yardstick(source, *more, with_float=True), chosen, out):
        entries.append(entry)
        click.echo(f"{entry.profile}: {entry.reason or 'good'}", err=True)
    (out / "profiles.csv").write_text(as_csv(entries), encoding="utf-8")
    click.echo(markdown(entries))
