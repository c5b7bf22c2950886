"""A picture of how a training went; the report draws it anew (`train/report/figures/history.py`)."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

_BLUE, _ORANGE, _GRAY = "#2b6cb0", "#dd6b20", "#718096"
_STYLE: dict[Any, Any] = {"axes.spines.top": False, "axes.spines.right": False, "font.size": 10, "axes.titlesize": 11}


def history_picture(rows: list[dict[str, Any]], kept: int, path: Path) -> None:
    """Draw loss and AUROC by epoch, the kept epoch marked."""
    epochs = [row["epoch"] for row in rows]
    with plt.rc_context(_STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
        for name, colour, words in (
            ("loss", _GRAY, "training, augmented"),
            ("val_loss", _BLUE, "validation"),
            ("shifted_loss", _ORANGE, "validation, shifted"),
        ):
            left.plot(epochs, [row[name] for row in rows], color=colour, label=words, marker=".")
        for name, colour, words in (
            ("val_auroc", _BLUE, "validation"),
            ("shifted_auroc", _ORANGE, "validation, shifted"),
        ):
            right.plot(epochs, [row[name] for row in rows], color=colour, label=words, marker=".")
        for axes, title in ((left, "log loss"), (right, "AUROC")):
            axes.axvline(kept, color=_GRAY, linewidth=0.8, linestyle=":")
            axes.set(title=title, xlabel="epoch")
            axes.xaxis.get_major_locator().set_params(integer=True)
        left.set_ylim(bottom=0)
        right.annotate(
            f"kept: {kept}", (kept, right.get_ylim()[0]), textcoords="offset points", xytext=(-6, 6), ha="right"
        )
        left.legend(frameon=False)
        figure.savefig(path, dpi=120)
        plt.close(figure)
