"""A comparison in words and tables, for the terminal."""

import math
from collections.abc import Sequence

from train.comparison import Comparison, Measured
from train.comparison.stages import stages as summarize
from train.cost import Cost
from train.report.training import Training
from train.statistics import Paired
from xray.card import Interval

_SURE = 0.05
_COLUMNS = {
    "val_loss": "loss",
    "val_accuracy": "accuracy",
    "val_auroc": "AUROC",
    "shifted_loss": "loss, shifted",
    "shifted_auroc": "AUROC, shifted",
}
"""Of history.csv, and what they are called."""


def comparison_text(told: Comparison, *, stages: bool) -> str:
    """Say it in tables: figures and differences on every set of images, costs, and the stages where asked for."""
    names = [one.name for one in told.candidates]
    blocks = [_measured_text(names, one) for one in told.measured]
    blocks.append(_costs_text(names, told.costs, told.machine))
    if stages:
        blocks.append(_stages_text(names, told.trainings))
    blocks.append(_caveat(told))
    return "\n\n".join(blocks)


def _measured_text(names: list[str], measured: Measured) -> str:
    part = measured.part
    rows: list[tuple[str, ...]] = [("", "AUROC", "accuracy", "sensitivity", "specificity", "log loss", "Brier", "ECE")]
    for name, one in zip(names, measured.standings, strict=True):
        shares = [_interval(share, 3) for share in (one.accuracy, one.sensitivity, one.specificity)]
        errors = [f"{value:.3f}" for value in (one.log_loss, one.brier, one.calibration_error)]
        rows.append((name, _interval(one.auroc, 4), *shares, *errors))
    lines = [f"{part.name}: {part.described}", _table(rows)]
    points = {one.operating_point for one in measured.standings if one.operating_point}
    if points:
        at = ", ".join(f"{one.threshold:.3f}" for one in measured.standings)
        lines.append(f"  each at its own operating point ({', '.join(sorted(points))}): thresholds {at}")
    lines += ["", _differences_text(measured), *_verdicts(measured)]
    return "\n".join(lines)


def _differences_text(measured: Measured) -> str:
    several = sum(len(one.delong) for one in measured.differences) > 1
    rows: list[tuple[str, ...]] = [
        ("difference", "in AUROC (by patient)", "p", "p (DeLong)", "only one right", "p (McNemar)")
    ]
    for one in measured.differences:
        rows.append(
            (
                f"{one.first} − {one.second}",
                _difference(one.auroc),
                _p(one.auroc_corrected_p),
                _p(one.delong[0].corrected_p) if len(one.delong) == 1 else "below",
                f"{one.decisions.only_first} : {one.decisions.only_second}",
                _p(one.decisions_corrected_p),
            )
        )
        if len(one.delong) > 1:
            rows += [
                (f"  {label.label}", _difference(label.auroc), "", _p(label.corrected_p), "", "")
                for label in one.delong
            ]
    corrected = "\n  p are corrected for having asked several times (Holm), intervals are not" if several else ""
    return _table(rows) + corrected


def _difference(paired: Paired) -> str:
    return f"{paired.difference:+.4f} ({paired.low:+.4f} to {paired.high:+.4f})"


def _verdicts(measured: Measured) -> list[str]:
    """Say in words which differences chance does not explain."""
    words = []
    each = ", each at its own operating point" if measured.standings[0].operating_point else ""
    for one in measured.differences:
        if one.auroc_corrected_p < _SURE:
            better, worse = (one.first, one.second) if one.auroc.difference > 0 else (one.second, one.first)
            words.append(f"  {better} ranks better than {worse}")
        if one.decisions_corrected_p < _SURE:
            first = one.decisions.only_first > one.decisions.only_second
            better, worse = (one.first, one.second) if first else (one.second, one.first)
            words.append(f"  {better} is right on more images than {worse}{each}")
    return words or ["  no difference here is larger than chance explains"]


def _costs_text(names: list[str], costs: tuple[Cost, ...], machine: str) -> str:
    rows: list[tuple[str, ...]] = [("cost", "parameters", "MACs", "MB on disk", "ms an image")]
    for name, one in zip(names, costs, strict=True):
        parameters = "—" if one.parameters is None else f"{one.parameters:,}"
        macs = "—" if one.macs is None else f"{one.macs / 1e6:,.1f} M"
        rows.append((name, parameters, macs, f"{one.size_bytes / 1e6:.2f}", f"{one.milliseconds:.2f}"))
    return f"{_table(rows)}\n  one thread of {machine}; runs in TensorFlow, model files in LiteRT as the worker does"


def _stages_text(names: list[str], trainings: tuple[Training | None, ...]) -> str:
    rows: list[tuple[str, ...]] = [("stage", "epochs", "minutes", "best epoch", *_COLUMNS.values())]
    for name, training in zip(names, trainings, strict=True):
        if training is None:
            rows.append((f"{name}: no history", *[""] * (3 + len(_COLUMNS))))
            continue
        for one in summarize(training):
            figures = [f"{one.figures[column]:.4f}" if column in one.figures else "—" for column in _COLUMNS]
            rows.append(
                (f"{name}: {one.name}", str(one.epochs), f"{one.seconds / 60:.1f}", str(one.best_epoch), *figures)
            )
    return _table(rows)


def _caveat(told: Comparison) -> str:
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
    return "\n".join(lines)


def _interval(share: Interval | None, digits: int) -> str:
    if share is None:
        return "—"
    return f"{share.value:.{digits}f} ({share.low:.{digits}f}–{share.high:.{digits}f})"


def _p(value: float) -> str:
    if math.isnan(value):
        return "—"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  " + "  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)
