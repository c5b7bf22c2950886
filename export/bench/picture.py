"""What was measured, as a picture: a row for each file; latency, throughput, and what it takes of disk and memory."""

import io
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from export.bench.figures import Measured
from export.bench.machine import Machine
from export.bench.measure import Way
from export.bench.table import told

_INK, _FAINT, _GRID = "#1c2630", "#667482", "#d9dfe5"
_REFERENCE, _OTHER = "#667482", "#0072b2"
"""Gray for what is compared with, blue (Okabe & Ito 2008) for what is."""
_STYLE: dict[Any, Any] = {
    "axes.edgecolor": _FAINT,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10,
    "grid.color": _GRID,
    "svg.fonttype": "none",
    "svg.hashsalt": "lungwatch",
    "text.color": _INK,
    "xtick.color": _FAINT,
    "ytick.labelcolor": _INK,
}


def draw(results: Sequence[Measured], reference: str, machine: Machine, way: Way, *, kind: str) -> bytes:
    """Draw what was measured.

    Args:
        results: A row each, from top to bottom.
        reference: Name of the file that is compared with.
        machine: Told below the picture.
        way: Likewise.
        kind: `png` or `svg`.

    Returns:
        The bytes of a file.
    """
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(10, 1.9 + 0.5 * len(results)), layout="constrained")
        latency, speed, weight = figure.subplots(1, 3, sharey=True)
        colours = [_REFERENCE if one.name == reference else _OTHER for one in results]
        _latency(latency, results, colours)
        _bars(speed, "images per second", [one.images_per_second for one in results], colours)
        _weight(weight, results)
        latency.set_yticks(range(len(results)), [f"{one.name}\n{one.loaded.profile}" for one in results])
        latency.set_ylim(len(results) - 0.4, -0.6)
        figure.supxlabel(f"{machine}\n{told(way)}", fontsize=8, color=_FAINT)
        out = io.BytesIO()
        figure.savefig(out, format=kind, dpi=120, metadata={"Date": None} if kind == "svg" else None)
    return out.getvalue()


def _latency(axes: Axes, results: Sequence[Measured], colours: Sequence[str]) -> None:
    # On a busy machine one image in a hundred waits a hundred times longer: it is told, but must not hide the others.
    longest = min(max(one.p99_ms for one in results), 4 * max(one.p50_ms for one in results))
    for row, (one, colour) in enumerate(zip(results, colours, strict=True)):
        axes.plot([one.p50_ms, one.p99_ms], [row, row], color=colour, linewidth=1.2)
        axes.plot([one.p50_ms, one.p90_ms], [row, row], color=colour, linewidth=4, solid_capstyle="butt", alpha=0.5)
        axes.plot([one.p50_ms], [row], "o", color=colour)
        ratio = "" if one.latency_ratio.value == 1 else f", × {one.latency_ratio.value:.2f}"
        axes.annotate(f"{one.p50_ms:.1f}{ratio}", (one.p50_ms, row), (0, 9), textcoords="offset points", fontsize=9)
        if one.p99_ms > 1.25 * longest:
            told = f"99 %: {one.p99_ms:.0f} →"
            beyond = (1.24 * longest, row)
            axes.annotate(told, beyond, (0, 4), textcoords="offset points", ha="right", fontsize=8, color=_FAINT)
    _finish(axes, "latency, ms: median, to 90 %, to 99 %", longest)


def _bars(axes: Axes, title: str, values: Sequence[float], colours: Sequence[str]) -> None:
    axes.barh(range(len(values)), values, 0.5, color=colours)
    for row, value in enumerate(values):
        axes.annotate(f"{value:.0f}", (value, row), (4, 0), textcoords="offset points", va="center", fontsize=9)
    _finish(axes, title, max(values))


def _weight(axes: Axes, results: Sequence[Measured]) -> None:
    for row, one in enumerate(results):
        size, memory = one.loaded.size_bytes / 1e6, (one.loaded.memory_bytes or 0) / 1e6
        axes.barh(row - 0.14, size, 0.26, color=_INK, label="file" if row == 0 else None)
        axes.barh(row + 0.14, memory, 0.26, color=_FAINT, label="memory of an interpreter" if row == 0 else None)
        axes.annotate(f"{size:.1f}", (size, row - 0.14), (4, 0), textcoords="offset points", va="center", fontsize=8)
        said = f"{memory:.0f}" if one.loaded.memory_bytes is not None else "not known"
        axes.annotate(said, (memory, row + 0.14), (4, 0), textcoords="offset points", va="center", fontsize=8)
    _finish(axes, "MB", max(max(one.loaded.size_bytes, one.loaded.memory_bytes or 0) / 1e6 for one in results))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.1), fontsize=8, frameon=False, ncols=2, borderpad=0)


def _finish(axes: Axes, title: str, largest: float) -> None:
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlim(0, 1.25 * largest)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
