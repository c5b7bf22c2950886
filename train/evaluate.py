"""Measuring a model on labelled images, and reporting it: the same code for a run and for an exported file."""

from pathlib import Path

from train import dataset as datasets
from train.dataset import Dataset, Example
from train.measure import Evaluation
from train.origin import trained_on
from train.report.assess import assess
from train.report.text import text
from train.report.writing import writable, write
from train.run import Run
from train.scoring import open_model
from train.split import split as split_by_patient
from train.verdict import TRIAGE, Bounds
from xray.card import Card
from xray.errors import SetupError


def evaluate(
    model: Path,
    data: Path,
    *,
    split: str,
    out: Path | None,
    workers: int,
    images: bool = True,
    bounds: Bounds = TRIAGE,
) -> str:
    """Measure a model on a data set; returns the text, and writes a report into `out`.

    Args:
        model: A run's folder or a .tflite file.
        data: A data set, as `train.dataset.read` takes it.
        split: `train`, `val`, `test` or `all`.
        out: Folder for the report; None for none.
        workers: Processes that decode.
        images: Whether radiographs go into the report.
        bounds: What each label is held to.

    Raises:
        SetupError: The model or the data cannot be read, or the data's labels are not the model's.
    """
    if out is not None:
        writable(out)
    card, _, _ = open_model(model)
    report = assess(
        model, sides(data, split, card), split, workers=workers, images=images and out is not None, bounds=bounds
    )
    if out is not None:
        write(report, out)
    return text(report.measured)


def report_run(run: Run, data: Dataset, *, workers: int, images: bool = True) -> Evaluation:
    """Report a finished run into its own folder: on its test split where the data has one, else on its validation images.

    Args:
        run: Finished: its card is written.
        data: What it was trained on, split.
        workers: Processes that decode.
        images: Whether radiographs go into the report; like all of a run it then stays where it was made.
    """
    side = "test" if len({example.label for example in data.of("test")}) > 1 else "val"
    report = assess(run.folder, data, side, workers=workers, images=images)
    write(report, run.report)
    return report.measured


def choose(named: Path, side: str, card: Card) -> tuple[Example, ...]:
    """Choose the images of one side of a data set, as `sides` knows them."""
    data = sides(named, side, card)
    return data.examples if side == "all" else data.of(side)


def sides(named: Path, side: str, card: Card) -> Dataset:
    """Read a data set, and give it the sides that the model was trained with, where it has none of its own.

    Raises:
        SetupError: Labels that the model does not know, no image on this side, or a side that cannot be made again.
    """
    found = datasets.read(named)
    foreign = set(found.labels) - set(card.labels)
    if foreign:
        raise SetupError(
            f"{named} has labels that the model does not know: {', '.join(sorted(foreign))}; "
            f"it knows {', '.join(card.labels)}"
        )
    if side == "val" and not found.of("val"):
        if not trained_on(card, found):
            raise SetupError(
                f"{named} is not, or no longer, the data that the model was trained on, so its validation images cannot "
                "be told from its training images; use --split all if none of them was trained on"
            )
        found, _ = split_by_patient(found, card.seed)
    if side != "all" and not found.of(side):
        known = [one for one in found.counts() if one in datasets.SPLITS]
        raise SetupError(f"{named} has no images in the split {side!r}; it has {', '.join([*known, 'all'])}")
    return found
