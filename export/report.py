"""What the gate found out, as a table for people and as JSON for machines."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

from export.gate import GateReport
from export.parity import Parity
from export.profiles import Bounds
from xray.errors import SetupError


def table(report: GateReport) -> str:
    """Write the report out, one column for each set of images."""
    lines = [_heading(report), f"  operations: {_operations(report)}", *(f"  note: {note}" for note in report.notes)]
    if report.parity:
        rows = [["", *(one.data for one in report.parity), "bound"]]
        rows += [[name, *(of(one) for one in report.parity), bound] for name, of, bound in _rows(report)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines += [""] + [
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        lines.append("  * in brackets: had the thresholds stayed, which are fitted again on each file")
    return "\n".join(lines)


def write(report: GateReport, path: Path) -> None:
    """Write the report as JSON; what is not a number becomes null.

    Raises:
        SetupError: It cannot be written.
    """
    text = json.dumps(_plain(dataclasses.asdict(report)), indent=1, ensure_ascii=False, allow_nan=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SetupError(f"the report {path} cannot be written: {error.strerror}") from error


def _heading(report: GateReport) -> str:
    def beside(ratio: float | None) -> str:
        return "" if ratio is None else f" ({ratio:.2f} of float32)"

    return (
        f"{report.model}, {report.profile}: {report.size_bytes / 1e6:.2f} MB{beside(report.size_ratio)}, "
        f"{report.latency_ms:.1f} ms an image on one thread{beside(report.latency_ratio)}"
    )


def _operations(report: GateReport) -> str:
    told = ", ".join(f"{count} {name}" for name, count in report.operations.counts.items())
    faults = report.operations.gpu_faults
    gpu = f"not for the GPU delegate: {'; '.join(faults)}" if faults else "fit for the GPU delegate, says the analyzer"
    return f"{told}; {gpu}"


def _rows(report: GateReport) -> list[tuple[str, Any, str]]:
    bounds: Bounds = report.bounds

    def difference(one: Parity) -> str:
        shown = one.auroc_difference
        return f"{shown.value:+.4f} ({shown.low:+.4f} to {shown.high:+.4f})"

    def changed(point: str) -> Any:
        return lambda one: f"{one.changed[point]:.2%} ({one.changed_by_scores[point]:.2%})"

    rows: list[tuple[str, Any, str]] = [
        ("images", lambda one: str(one.images), ""),
        ("AUROC, Keras model", lambda one: f"{one.auroc_keras:.4f}", ""),
        ("AUROC, this file", lambda one: f"{one.auroc_file.value:.4f}", ""),
        ("  difference (95 %, paired)", difference, f"≥ {-bounds.auroc_drop:.4f}"),
    ]
    for point in report.parity[0].changed:
        rows.append((f"changed decisions*, {point}", changed(point), f"≤ {bounds.changed_decisions:.2%}"))
    least = f"≥ {bounds.correlation:g}"
    return [
        *rows,
        ("correlation of scores", lambda one: f"{one.score_correlation:.4f}", least),
        ("  of maps", lambda one: f"{one.cam_correlation:.4f}", least),
        ("  of embeddings", lambda one: f"{one.embedding_correlation:.4f}", least),
        ("largest difference of a score", lambda one: f"{one.largest_difference:.2f}", ""),
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
