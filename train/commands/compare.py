"""`lungwatch-train compare`: runs and model files side by side."""

from pathlib import Path

import click


@click.command("compare")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--data", type=click.Path(path_type=Path), help="Data set to measure on; else the runs' validation images."
)
@click.option("--split", help="Which images of DATA: train, val, test (unless you say otherwise), or all.")
@click.option("--stages", is_flag=True, help="Tell what each stage of each training reached.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for comparison.html, .json, .png and .svg.")
@click.option("--workers", default=0, type=click.IntRange(0, 256), help="Processes that decode; 0 means one per core.")
def command(
    runs: tuple[Path, ...], data: Path | None, split: str | None, stages: bool, out: Path | None, workers: int
) -> None:
    """Compare RUNS (runs or .tflite files): figures, paired tests, costs and curves."""
    from train.comparison import compare
    from train.report.comparison import write_comparison
    from train.report.comparison_text import comparison_text
    from train.report.folder import make_folder

    if out is not None:
        make_folder(out, private=False)
    told = compare(runs, data=data, split=split, workers=workers)
    if out is not None:
        write_comparison(told, out)
    click.echo(comparison_text(told, stages=stages))
