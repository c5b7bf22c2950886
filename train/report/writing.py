"""A report on disk: the page, its figures as files, the numbers, and the card."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from train.measuring.evaluation import Evaluation
from train.report.contents import Report
from train.report.folder import make_folder, writing
from train.report.page import page
from train.report.plates import NAMES, OVERVIEW, plates
from train.report.rendering import render

PAGE, CARD, METRICS, FIGURES = "report.html", "model_card.md", "metrics.json", "figures"


def write(report: Report, out: Path) -> None:
    """Write everything in place of an earlier report: its figures go even where this one has none of that name.

    Else a report without images would lie beside the patients' images of the one before.

    Raises:
        SetupError: The folder cannot be written.
    """
    make_folder(out, private=report.pictured)
    pictures = plates(report)
    with writing(out):
        (out / FIGURES).mkdir(exist_ok=True)
        for name in NAMES:
            for suffix in (".svg", ".png"):
                (out / FIGURES / name).with_suffix(suffix).unlink(missing_ok=True)
        for name, picture in pictures.items():
            # The overview is what documents link to, so it stands in front.
            stem = out / name if name == OVERVIEW else out / FIGURES / name
            stem.with_suffix(".svg").write_text(picture.svg, encoding="utf-8")
            stem.with_suffix(".png").write_bytes(picture.png)
        (out / METRICS).write_text(metrics(report.measured), encoding="utf-8")
        (out / CARD).write_text(model_card(report), encoding="utf-8")
        (out / PAGE).write_text(page(report, pictures), encoding="utf-8")


def metrics(measured: Evaluation) -> str:
    """All numbers as JSON; a list of numbers stands on one line."""
    text = json.dumps(asdict(measured), indent=1, allow_nan=False, ensure_ascii=False, default=_rounded)
    return re.sub(r"\[[\s\d.,e+-]*\]", lambda found: re.sub(r"\s+", " ", found[0]), text) + "\n"


def _rounded(values: Any) -> Any:
    """A curve's points: four digits are finer than any picture."""
    if not isinstance(values, np.ndarray):
        raise TypeError(f"{type(values).__name__} has no place in metrics.json")
    return np.round(values, 4).tolist()


def model_card(report: Report) -> str:
    """The card in Markdown, with the metadata that model hubs read."""
    return render("model_card.md", report=report, card=report.card, told=report.measured)
