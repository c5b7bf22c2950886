"""`lungwatch-export`: parse, build, call, map errors to exit codes."""

import logging
import os
import sys
from pathlib import Path

import click

from xray.errors import SetupError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@click.group(context_settings={"show_default": True, "auto_envvar_prefix": "LUNGWATCH_EXPORT"})
def cli() -> None:
    """Turn a run into one .tflite file, and prove that it still decides the same. Not a medical device."""
    for noisy in ("absl", "tensorflow"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


@cli.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--profile", default="int8", help="How to quantize; `lungwatch-export profiles` explains them.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The model file to write.")
@click.option("--model-card", type=click.Path(path_type=Path), help="Also write the card for people, as Markdown.")
def convert(run: Path, profile: str, out: Path, model_card: Path | None) -> None:
    """Convert RUN, run the file, compare it with the Keras model, and write it only if it is as good."""
    from export.model_card import markdown
    from export.profiles import profile as named
    from export.release import GateFailed, release

    try:
        done = release(run, named(profile), out)
    except GateFailed as error:
        click.echo(f"lungwatch-export: {error}", err=True)
        sys.exit(1)
    if model_card is not None:
        model_card.parent.mkdir(parents=True, exist_ok=True)
        model_card.write_text(markdown(done.card, out.name, done.size_bytes, done.sha256), encoding="utf-8")
    click.echo(f"{done.path}  {done.size_bytes / 1e6:.2f} MB  sha256 {done.sha256}")
    for one in done.parity:
        click.echo(
            f"  {one.data} ({one.images} images): AUROC {one.auroc_file.value:.4f} (Keras {one.auroc_keras:.4f}), "
            f"{one.changed_decisions:.2%} decisions changed, largest score difference {one.largest_difference:.2f}, "
            f"correlation of scores {one.score_correlation:.4f}, of maps {one.cam_correlation:.4f}, "
            f"of embeddings {one.embedding_correlation:.4f}"
        )


@cli.command()
def profiles() -> None:
    """List the profiles."""
    from export.profiles import PROFILES

    for profile in PROFILES:
        click.echo(f"{profile.name:10s} {profile.summary}")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The card as JSON.")
def inspect(file: Path, as_json: bool) -> None:
    """Show the card inside a model FILE. Needs no TensorFlow."""
    from export.model_card import markdown
    from xray import model_file

    found = model_file.read(file)
    text = found.card.to_json() if as_json else markdown(found.card, file.name, len(found.content), found.sha256)
    click.echo(text)


def main() -> None:
    """Run the command; exit 1 where the gate failed, 2 where the set-up is wrong."""
    try:
        cli(prog_name="lungwatch-export")
    except SetupError as error:
        click.echo(f"lungwatch-export: {error}", err=True)
        sys.exit(2)
