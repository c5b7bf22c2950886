"""Every profile of one run side by side: what `lungwatch-export all` prints."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from export.gate import GateReport
from export.profiles import Profile
from export.release import GateFailed, publish
from export.yardstick import Yardstick
from xray.errors import SetupError


@dataclass(frozen=True)
class Entry:
    """How one profile did."""

    profile: str
    report: GateReport | None
    """None where the file could not be made at all."""
    reason: str
    """Why there is no file; empty where there is one."""

    def cells(self) -> tuple[str, ...]:
        report = self.report
        if report is None or not report.parity:
            return (self.profile, *("–",) * (len(COLUMNS) - 2), f"no: {self.reason}")
        worst = min(report.parity, key=lambda one: one.auroc_difference.value)
        changed = {one.data: one.changed_decisions for one in report.parity}
        most = max(changed, key=lambda data: changed[data])
        return (
            self.profile,
            f"{report.size_bytes / 1e6:.2f}",
            "–" if report.size_ratio is None else f"{report.size_ratio:.2f}",
            "–" if report.latency_ratio is None else f"{report.latency_ratio:.2f}",
            f"{worst.auroc_file.value:.4f}",
            f"{worst.auroc_difference.value:+.4f}",
            f"{changed[most]:.2%} ({most})",
            f"{min(one.score_correlation for one in report.parity):.4f}",
            f"no: {self.reason}" if self.reason else "yes",
        )


COLUMNS = (
    "profile",
    "MB",
    "size / float32",
    "latency / float32",
    "AUROC, where it fell most",
    "difference",
    "changed decisions, at most",
    "score correlation",
    "works",
)


def line_up(measured: Yardstick, profiles: Sequence[Profile], folder: Path) -> Iterator[Entry]:
    """Make a file for each profile that passes its gate, `<profile>.tflite` in a folder."""
    for profile in profiles:
        try:
            report, reason = publish(measured, profile, folder / f"{profile.name}.tflite").report, ""
        except GateFailed as error:
            first, *others = error.report.faults
            report, reason = error.report, f"{first}{f'; and {len(others)} faults more' if others else ''}"
        except SetupError as error:
            yield Entry(profile.name, None, str(error))
            continue
        yield Entry(profile.name, report, reason)


def markdown(entries: Sequence[Entry]) -> str:
    """Write the entries as a table."""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(entry.cells() for entry in entries)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def as_csv(entries: Sequence[Entry]) -> str:
    """Write the entries for a spreadsheet."""
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *(entry.cells() for entry in entries)])
    return text.getvalue()
