"""Measuring a model on labelled images, and reporting it: the same code for a run and for an exported file."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from train.data import duplicates
from train.data.dataset import Dataset
from train.data.sides import sides
from train.measuring.evaluation import Evaluation
from train.measuring.scoring import open_model
from train.measuring.verdict import TRIAGE, Bounds
from train.report.assess import assess
from train.report.folder import make_folder
from train.report.text import text
from train.report.writing import write
from train.run import Run


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
        data: A data set, as `train.data.dataset.read` takes it.
        split: `train`, `val`, `test` or `all`.
        out: Folder for the report; None for none.
        workers: Processes that decode; 0 means one per core.
        images: Whether radiographs go into the report.
        bounds: What each label is held to.

    Raises:
        SetupError: The model or the data cannot be read, or the data's labels are not the model's.
    """
    if out is not None:
        make_folder(out, private=images)
    card, _, _ = open_model(model)
    with _cache(model) as cache:
        found = sides(data, split, card, cache, workers=workers)
        shown = images and out is not None
        report = assess(model, found, split, cache, workers=workers, images=shown, bounds=bounds)
    if out is not None:
        write(report, out)
    return text(report.measured)


def report_run(run: Run, data: Dataset, *, workers: int, images: bool = True) -> Evaluation:
    """Report a finished run into its own folder: on its test split where the data has one, else on its validation images.

    Args:
        run: Finished: its card is written.
        data: What it was trained on, split.
        workers: Processes that decode; 0 means one per core.
        images: Whether radiographs go into the report; like all of a run it then stays where it was made.
    """
    side = "test" if len({example.label for example in data.of("test")}) > 1 else "val"
    cache = run.folder.parent / ".pixels"
    near = duplicates.near(data.examples, cache, workers=workers)  # known already: its training looked for them
    report = assess(run.folder, data, side, cache, workers=workers, images=images, near=near)
    write(report, run.report)
    return report.measured


@contextmanager
def _cache(model: Path) -> Iterator[Path]:
    """Where decoded pixels go: beside a run, where its training keeps them; else nowhere for good."""
    kept = model.parent / ".pixels"
    if model.is_dir() and kept.is_dir():
        yield kept
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
