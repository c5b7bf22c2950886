"""`lungwatch-export convert`: from a run to a model file."""

import sys
from pathlib import Path
from typing import Any

import click


@click.command("convert")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--profile", default="int8", help="How to quantize; `lungwatch-export profiles` explains them.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The model file to write.")
@click.option("--model-card", type=click.Path(path_type=Path), help="Also write the card for people, as Markdown.")
@click.option("--report", type=click.Path(path_type=Path), help="Also write what the gate found, as JSON.")
@click.option("--data", type=click.Path(path_type=Path), help="A labelled set to compare on, besides the run's own.")
@click.option("--split", help="Which images of DATA: train, val, test or all; else test where there is one, or val.")
@click.option(
    "--keep-float",
    multiple=True,
    metavar="PATTERN",
    help="Leave layers in float (* and ? as in file names); `lungwatch-export diagnose` finds them.",
)
@click.option(
    "--calibrate-on",
    type=click.Path(path_type=Path),
    help="A labelled set whose training images are added to the calibration sample.",
)
@click.option("--accept-auroc-drop", type=float, help="Raise this bound of the gate; the card will say so.")
@click.option("--accept-changed-decisions", type=float, help="Raise this bound (a share); the card will say so.")
@click.option("--accept-correlation", type=float, help="Lower this bound; the card will say so.")
def command(
    run: Path,
    profile: str,
    out: Path,
    model_card: Path | None,
    report: Path | None,
    data: Path | None,
    split: str | None,
    keep_float: tuple[str, ...],
    calibrate_on: Path | None,
    **accepted: Any,
) -> None:
    """Convert RUN, run the file, compare it with the Keras model, and write it only if it is as good.

    Exit code 1: it is not as good, and was not written.
    """
    from export import labelled
    from export.edgetpu import compile_file
    from export.gate import Accepted
    from export.model_card import markdown
    from export.profiles import profile as named
    from export.release import GateFailed, publish
    from export.report import table, write
    from export.source import read
    from export.yardstick import yardstick

    chosen, source = named(profile), read(run)
    more = () if data is None else (labelled.read(data, source.card, split),)
    added = None if calibrate_on is None else labelled.read(calibrate_on, source.card, "train").images
    try:
        done = publish(
            yardstick(source, *more, with_float=True),
            chosen,
            out,
            keep_float=keep_float,
            more_calibration=added,
            accepted=Accepted(**{name.removeprefix("accept_"): value for name, value in accepted.items()}),
        )
    except GateFailed as error:
        if report is not None:
            write(error.report, report)
        click.echo(table(error.report), err=True)
        click.echo(f"lungwatch-export: {error}", err=True)
        sys.exit(1)
    if report is not None:
        write(done.report, report)
    if model_card is not None:
        model_card.parent.mkdir(parents=True, exist_ok=True)
        model_card.write_text(markdown(done.card, out.name, done.size_bytes, done.sha256), encoding="utf-8")
    click.echo(f"{done.path}  {done.size_bytes / 1e6:.2f} MB  sha256 {done.sha256}")
    click.echo(table(done.report), err=True)
    if chosen.edge_tpu:
        click.echo(compile_file(out), err=True)
