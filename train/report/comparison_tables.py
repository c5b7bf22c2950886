"""A comparison in words and tables, the same for the terminal and for the page."""

import math
from dataclasses import dataclass

from train.comparison import Comparison, Measured
from train.comparison.stages import stages as summarize
from train.report.wording import figure
from train.statistics import Paired

_SURE = 0.05
_COLUMNS = {
    "val_loss": "loss",
    "val_accuracy": "accuracy",
    "val_auroc": "AUROC",
    "shifted_loss": "loss, shifted",
    "shifted_auroc": "AUROC, shifted",
}
"""Of history.csv, and what they are called."""


@dataclass(frozen=True)
class Table:
    """Cells as they are shown, and what must be known to read them."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """Tables that belong together, and what follows from them."""

    title: str
    tables: tuple[Table, ...]
    words: tuple[str, ...] = ()


def chapters(told: Comparison, *, stages: bool) -> tuple[Chapter, ...]:
    """Tell figures and differences on every set of images, costs, and the stages where asked for."""
    names = [one.name for one in told.candidates]
    found = [
        Chapter(f"{one.part.name}: {one.part.described}", (_figures(names, one), _differences(one)), _verdicts(one))
        for one in told.measured
    ]
    found.append(Chapter("cost", (_costs(told),)))
    if stages:
        found.append(Chapter("stages of training, each at its best epoch", (_stages(told),)))
    return tuple(found)


def caveats(told: Comparison) -> tuple[str, ...]:
    """What these images can prove, by how they stand to each training."""
    part = told.measured[0].part
    names = [one.name for one in told.candidates]
    lines = []
    for origin in dict.fromkeys(part.origins):
        meant = [name for name, own in zip(names, part.origins, strict=True) if own is origin]
        lines.append(origin.sentence if len(meant) == len(names) else f"{', '.join(meant)}: {origin.sentence}")
    if len(lines) > 1:
        lines.append("That is no fair race: compare on images that stand alike to all of them.")
    if not part.patients_known:
        lines.append("Nobody says whose the images are: each was taken as independent, so intervals may be too narrow.")
    return tuple(lines)


def _figures(names: list[str], measured: Measured) -> Table:
    rows = []
    for name, one in zip(names, measured.standings, strict=True):
        shares = [figure(share) for share in (one.accuracy, one.sensitivity, one.specificity)]
        errors = [f"{value:.3f}" for value in (one.log_loss, one.brier, one.calibration_error)]
        rows.append((name, figure(one.auroc, 4), *shares, *errors))
    head = ("", "AUROC", "accuracy", "sensitivity", "specificity", "log loss", "Brier", "ECE")
    points = sorted({one.operating_point for one in measured.standings if one.operating_point})
    at = ", ".join(f"{one.threshold:.3f}" for one in measured.standings if one.threshold is not None)
    notes = (f"each at its own operating point ({', '.join(points)}): thresholds {at}",) if points else ()
    return Table(head, tuple(rows), notes)


def _differences(measured: Measured) -> Table:
    rows: list[tuple[str, ...]] = []
    for one in measured.differences:
        alone = one.delong[0].corrected_p if len(one.delong) == 1 else None
        right = f"{one.decisions.only_first} : {one.decisions.only_second}"
        rows.append(
            (
                f"{one.first} − {one.second}",
                _difference(one.auroc),
                _p(one.auroc_corrected_p),
                "below" if alone is None else _p(alone),
                right,
                _p(one.decisions_corrected_p),
            )
        )
        if alone is None:
            for label in one.delong:
                rows.append((f"  {label.label}", _difference(label.auroc), "", _p(label.corrected_p), "", ""))
    head = ("difference", "in AUROC (by patient)", "p", "p (DeLong)", "only one right", "p (McNemar)")
    several = sum(len(one.delong) for one in measured.differences) > 1
    notes = ("p are corrected for having asked several times (Holm), intervals are not",) if several else ()
    return Table(head, tuple(rows), notes)


def _verdicts(measured: Measured) -> tuple[str, ...]:
    """Say which differences chance does not explain."""
    words = []
    each = ", each at its own operating point" if measured.standings[0].operating_point else ""
    for one in measured.differences:
        if one.auroc_corrected_p < _SURE:
            better, worse = (one.first, one.second) if one.auroc.difference > 0 else (one.second, one.first)
            words.append(f"{better} ranks better than {worse}")
        if one.decisions_corrected_p < _SURE:
            first = one.decisions.only_first > one.decisions.only_second
            better, worse = (one.first, one.second) if first else (one.second, one.first)
            words.append(f"{better} is right on more images than {worse}{each}")
    return tuple(words) or ("no difference here is larger than chance explains",)


def _costs(told: Comparison) -> Table:
    rows = []
    for candidate, one in zip(told.candidates, told.costs, strict=True):
        parameters = "–" if one.parameters is None else f"{one.parameters:,}"
        macs = "–" if one.macs is None else f"{one.macs / 1e6:,.1f} M"
        rows.append((candidate.name, parameters, macs, f"{one.size_bytes / 1e6:.2f}", f"{one.milliseconds:.2f}"))
    note = f"one thread of {told.machine}; runs in TensorFlow, model files in LiteRT as the worker does"
    return Table(("", "parameters", "MACs", "MB on disk", "ms an image"), tuple(rows), (note,))


def _stages(told: Comparison) -> Table:
    rows: list[tuple[str, ...]] = []
    for candidate, training in zip(told.candidates, told.trainings, strict=True):
        if training is None:
            rows.append((f"{candidate.name}: no history", *[""] * (3 + len(_COLUMNS))))
            continue
        for one in summarize(training):
            figures = [f"{one.figures[column]:.4f}" if column in one.figures else "–" for column in _COLUMNS]
            minutes = f"{one.seconds / 60:.1f}"
            rows.append((f"{candidate.name}: {one.name}", str(one.epochs), minutes, str(one.best_epoch), *figures))
    return Table(("", "epochs", "minutes", "best epoch", *_COLUMNS.values()), tuple(rows))


def _difference(paired: Paired) -> str:
    return f"{paired.difference:+.4f} ({paired.low:+.4f} to {paired.high:+.4f})".replace("-", "−")


def _p(value: float) -> str:
    if math.isnan(value):
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
