"""Does a picture get the same score at full size and in a version of 224×224?

    LUNGWATCH_DATA=../shared/data python -m benchmarks.same_picture

The full-size file goes through JPEG draft mode and antialiased resizing; the small one was made elsewhere, by means
that we do not know, and some of them with other grey values (counted below). Needs the real radiographs.
"""

import os
from pathlib import Path

import click
import numpy as np

from xray.card import InputSpec
from xray.decide import Finding, decide
from xray.formats import decode
from xray.model_file import read
from xray.preprocess import decode_side, preprocess
from xray.runtime import Predictor

OTHER_GREY_LEVELS = 6
"""JPEG compression and the filter of the resizing account for two to three."""
REFERENCE = Path("models/pneumonia-mobilenet-int8.tflite")


@click.command()
@click.option("--model", type=click.Path(path_type=Path), default=REFERENCE, show_default=True)
def main(model: Path) -> None:
    """Compare the scores of every original with those of its 224×224 version."""
    data = Path(os.environ.get("LUNGWATCH_DATA", "../shared/data"))
    originals = sorted((data / "originals").glob("*/*.jpeg"))
    if not originals:
        raise click.ClickException("no originals found; set LUNGWATCH_DATA to the folder with the real radiographs")
    file = read(model)
    predictor, card = Predictor(file.content), file.card
    point = card.operating_point()

    def answer(path: Path) -> Finding:
        radiograph = decode(path.read_bytes(), at_least=decode_side(card.input))
        return decide(predictor.predict(preprocess(radiograph, card.input)), card, file.arrays, point)

    pairs = [
        (answer(path), answer(data / "kermany/train" / path.relative_to(data / "originals"))) for path in originals
    ]
    label = card.positive or card.labels[0]
    scores = np.array([[one.scores[label] for one in pair] for pair in pairs])
    shares = np.array([[one.probabilities[label] for one in pair] for pair in pairs])
    other = sum(_grey_difference(path, data) > OTHER_GREY_LEVELS for path in originals)
    changed = sum(full.label != small.label for full, small in pairs)
    score_differences, share_differences = np.abs(np.diff(scores)), np.abs(np.diff(shares))
    click.echo(f"{len(pairs)} pictures at full size and at 224×224, {model.name}")
    click.echo(f"  {other} of the small ones have other grey values (more than {OTHER_GREY_LEVELS} levels on average)")
    click.echo(
        f"score (logit): largest difference {score_differences.max():.3f}, median {np.median(score_differences):.3f}"
    )
    click.echo(
        f"probability of {label}: largest difference {share_differences.max():.4f}, median {np.median(share_differences):.4f}"
    )
    click.echo(f"correlation of the scores: {np.corrcoef(scores.T)[0, 1]:.5f}; findings that changed: {changed}")


def _grey_difference(original: Path, data: Path) -> float:
    """Mean difference in grey levels of the small version from what we make of the full-size one."""
    small = decode((data / "kermany/train" / original.relative_to(data / "originals")).read_bytes()).pixels
    made = preprocess(decode(original.read_bytes()), InputSpec(*small.shape))[:, :, 0]
    return float(np.abs(made.astype(int) - small).mean())


if __name__ == "__main__":
    main()
