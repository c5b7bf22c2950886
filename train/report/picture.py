"""Pictures: how a training went, and how an evaluation came out."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from train.evaluate import Evaluation
from xray.card import Card

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


def evaluation_picture(
    told: Evaluation, card: Card, shares: NDArray[np.float64], labels: NDArray[np.int64], path: Path
) -> None:
    """Draw ROC, reliability, probabilities by true label and the confusion matrix."""
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(2, 2, figsize=(9, 8), layout="constrained")
        _roc(axes[0, 0], told, card, shares, labels)
        _reliability(axes[0, 1], told, shares, labels)
        _probabilities(axes[1, 0], card, shares, labels)
        _confusion(axes[1, 1], told)
        figure.suptitle(
            f"{told.model} ({told.profile}) on {told.data}: {told.described}",
            fontsize=11,
        )
        figure.savefig(path, dpi=120)
        plt.close(figure)


def _roc(axes: Any, told: Evaluation, card: Card, shares: NDArray[np.float64], labels: NDArray[np.int64]) -> None:
    shown = range(len(card.labels)) if card.positive is None else [card.labels.index(card.positive)]
    for index in shown:
        false, true, _ = roc_curve(labels == index, shares[:, index])
        axes.plot(false, true, label=card.labels[index])
    for point, marker in zip(told.operating_points, "oD^", strict=False):
        at = (1 - point.specificity.value, point.sensitivity.value)
        axes.plot(*at, marker, color=_ORANGE, markersize=6, label=point.name, linestyle="none")
    axes.plot([0, 1], [0, 1], color=_GRAY, linewidth=0.8, linestyle=":")
    area = told.auroc
    axes.set(
        title=f"ROC: area {area.value:.3f} ({area.low:.3f}–{area.high:.3f})",
        xlabel="1 − specificity",
        ylabel="sensitivity",
        aspect="equal",
    )
    axes.legend(frameon=False, loc="lower right")


def _reliability(axes: Any, told: Evaluation, shares: NDArray[np.float64], labels: NDArray[np.int64]) -> None:
    top, right = shares.max(axis=1), shares.argmax(axis=1) == labels
    edges = np.quantile(top, np.linspace(0, 1, 11))
    which = np.clip(np.searchsorted(edges, top, side="right") - 1, 0, 9)
    bins = [bin for bin in range(10) if (which == bin).any()]
    axes.plot([0, 1], [0, 1], color=_GRAY, linewidth=0.8, linestyle=":")
    axes.plot(
        [top[which == bin].mean() for bin in bins], [right[which == bin].mean() for bin in bins], "o-", color=_BLUE
    )
    low = float(min(top.min(), *(right[which == bin].mean() for bin in bins))) - 0.03
    axes.set(
        title=f"reliability: calibration error {told.calibration_error:.3f}",
        xlabel="probability of the most likely label (ten equal groups)",
        ylabel="share that is right",
        xlim=(low, 1.01),
        ylim=(low, 1.01),
        aspect="equal",
    )


def _probabilities(axes: Any, card: Card, shares: NDArray[np.float64], labels: NDArray[np.int64]) -> None:
    positive = card.labels.index(card.positive) if card.positive is not None else None
    values = shares[:, positive] if positive is not None else shares[np.arange(labels.size), labels]
    bins = np.linspace(0, 1, 26)
    groups = [values[labels == index] for index in range(len(card.labels))]
    axes.hist(
        groups,
        bins=bins,
        stacked=False,
        label=card.labels,
        color=[plt.get_cmap("Set2")(index) for index in range(len(groups))],
    )
    axes.set_yscale("symlog", linthresh=5)
    named = f"probability of {card.positive}" if positive is not None else "probability of the true label"
    axes.set(title="probabilities by true label", xlabel=named, ylabel="images")
    if card.operating_points:
        axes.axvline(card.operating_points[0].threshold, color=_ORANGE, linewidth=1)
        band = card.operating_points[0].uncertain
        if band is not None:
            axes.axvspan(band.low, band.high, color=_ORANGE, alpha=0.12, linewidth=0)
    axes.legend(frameon=False, loc="upper center")


def _confusion(axes: Any, told: Evaluation) -> None:
    counts = np.array(told.confusion)
    rates = counts / counts.sum(axis=1, keepdims=True).clip(1)
    axes.imshow(rates, cmap="Blues", vmin=0, vmax=1)
    for (row, column), rate in np.ndenumerate(rates):
        colour = "white" if rate > 0.5 else "black"
        axes.text(column, row, f"{counts[row, column]}\n{rate:.1%}", ha="center", va="center", color=colour)
    ticks = range(len(told.labels))
    axes.set(
        title=f"accuracy {told.accuracy.value:.3f} ({told.accuracy.low:.3f}–{told.accuracy.high:.3f})",
        xlabel="found",
        ylabel="true",
        xticks=ticks,
        yticks=ticks,
        xticklabels=told.labels,
        yticklabels=told.labels,
    )
    axes.spines[:].set_visible(False)
