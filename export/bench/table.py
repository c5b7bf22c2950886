"""What was measured, as a table for people and as CSV for programs."""

import csv
import io
from collections.abc import Sequence

from export.bench.figures import Measured, Ratio
from export.bench.machine import Machine
from export.bench.measure import Way

_HEADINGS = ("file", "profile", "MB", "load ms", "p50 ms", "p90 ms", "p99 ms", "× latency", "images/s", "× images/s")


def table(results: Sequence[Measured], reference: str, machine: Machine, way: Way) -> str:
    """Write a table with a line on the machine above it and one on the ratios below."""
    rows = [(*_HEADINGS, "memory MB"), *(_row(one) for one in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(_placed(column, cell, widths[column]) for column, cell in enumerate(row)) for row in rows]
    return "\n".join([str(machine), told(way), "", *lines, "", _ratios(reference)])


def told(way: Way) -> str:
    """Say how files were run."""
    where = "in threads of one process" if way.in_threads else "in a process each"
    several = f"{way.interpreters} interpreters, {where}" if way.interpreters > 1 else "one interpreter"
    return f"{way.runs} images on each; {several}, {way.threads} thread{'s' * (way.threads > 1)} each; latency is that of one alone"


def as_csv(results: Sequence[Measured], reference: str, machine: Machine, way: Way) -> str:
    """Write one line for each file; numbers in the units that their columns name."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(_fields(results[0], reference, machine, way)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(_fields(one, reference, machine, way) for one in results)
    return out.getvalue()


def _fields(one: Measured, reference: str, machine: Machine, way: Way) -> dict[str, object]:
    memory = one.loaded.memory_bytes
    return {
        "file": one.name,
        "sha256": one.loaded.sha256,
        "profile": one.loaded.profile,
        "size_bytes": one.loaded.size_bytes,
        "load_ms": round(one.loaded.load_seconds * 1000, 3),
        "latency_p50_ms": round(one.p50_ms, 4),
        "latency_p90_ms": round(one.p90_ms, 4),
        "latency_p99_ms": round(one.p99_ms, 4),
        **_spread("latency_ratio", one.latency_ratio),
        "images_per_second": round(one.images_per_second, 3),
        **_spread("throughput_ratio", one.throughput_ratio),
        "memory_bytes": "" if memory is None else memory,
        "reference": reference,
        "runs": way.runs,
        "threads": way.threads,
        "interpreters": way.interpreters,
        "in": "threads" if way.in_threads else "processes",
        "processor": machine.processor,
        "cores": machine.cores,
        "load": round(machine.load, 2),
        "litert": machine.litert,
    }


def _spread(name: str, ratio: Ratio) -> dict[str, float]:
    values = {name: ratio.value, f"{name}_low": ratio.low, f"{name}_high": ratio.high}
    return {column: round(value, 4) for column, value in values.items()}


def _row(one: Measured) -> tuple[str, ...]:
    memory = one.loaded.memory_bytes
    return (
        one.name,
        one.loaded.profile,
        f"{one.loaded.size_bytes / 1e6:.2f}",
        f"{one.loaded.load_seconds * 1000:.0f}",
        f"{one.p50_ms:.2f}",
        f"{one.p90_ms:.2f}",
        f"{one.p99_ms:.2f}",
        _within(one.latency_ratio),
        f"{one.images_per_second:.1f}",
        _within(one.throughput_ratio),
        "?" if memory is None else f"{memory / 1e6:.1f}",
    )


def _within(ratio: Ratio) -> str:
    return f"{ratio.value:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


def _placed(column: int, cell: str, width: int) -> str:
    return cell.ljust(width) if column < 2 else cell.rjust(width)


def _ratios(reference: str) -> str:
    return f"× is against {reference}: the median of the rounds, in brackets the smallest and the largest; below 1 in latency is faster."
