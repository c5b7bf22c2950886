"""`lungwatch-export convert`: from a run to a model file."""

import sys
from pathlib import Path

import click


@click.command("convert")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--profile", default="int8", help="How to quantize; `lungwatch-export profiles` explains them.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The model file to write.")
@click.option("--model-card", type=click.Path(path_type=Path), help="Also write the card for people, as Markdown.")
def command(run: Path, profile: str, out: Path, model_card: Path | None) -> None:
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
