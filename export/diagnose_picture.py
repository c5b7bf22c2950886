"""A diagnosis as a picture: what each layer costs, and how many must stay in float."""

from pathlib import Path

import matplotlib

from export.diagnose import Diagnosis, most_changed
from xray.errors import SetupError

_SHOWN = 20
_INK, _GOOD, _BAD, _QUIET = "#22303c", "#2a7f62", "#b5483a", "#9aa5ad"


def draw(told: Diagnosis, path: Path) -> None:
    """Draw it into a file, whose ending says how (.png, .svg, .pdf).

    Raises:
        SetupError: It cannot be written.
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot

    layers = told.layers[:_SHOWN]
    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(12, max(1.4 + 0.24 * len(layers), 4)), width_ratios=(3, 2), layout="constrained"
    )
    saved = [100 * (1 - layer.error / told.error) if told.error else 0.0 for layer in layers]
    left.barh(range(len(layers)), saved, color=[_GOOD if share > 0 else _QUIET for share in saved])
    left.set_yticks(range(len(layers)), [" + ".join(layer.left) for layer in layers], fontsize=8)
    left.invert_yaxis()
    left.axvline(0, color=_INK, linewidth=0.8)
    left.set_xlabel("score error saved by leaving these in float, % (grey: none)")
    more = len(told.layers) + len(told.untried) - len(layers)
    rest = f"; {more} more save less" if more else ""
    left.set_title(f"{told.profile}: which layers hurt{rest}", loc="left", color=_INK)

    counts = [len(attempt.left) for attempt in told.attempts]
    changed = [100 * most_changed(attempt.report) for attempt in told.attempts]
    bound = 100 * told.attempts[0].report.bounds.changed_decisions
    right.plot(counts, changed, color=_QUIET, zorder=1)
    for count, share, attempt in zip(counts, changed, told.attempts, strict=True):
        right.scatter(count, share, s=60, color=_GOOD if attempt.report.passed else _BAD, zorder=2)
        words = f"{attempt.report.size_bytes / 1e6:.2f} MB, {'passes' if attempt.report.passed else 'fails'}"
        right.annotate(words, (count, share), xytext=(6, 6), textcoords="offset points", fontsize=8)
    right.axhline(bound, color=_INK, linestyle="--", linewidth=1)
    right.annotate(
        "bound",
        (1, bound),
        xycoords=("axes fraction", "data"),
        xytext=(-4, 4),
        textcoords="offset points",
        ha="right",
        fontsize=8,
    )
    right.set_xticks(counts)
    right.set_xlim(-0.3, max(counts) + 2)
    right.set_ylim(0, 1.25 * max(bound, *changed))
    right.set_xlabel("layers left in float, the worst first")
    right.set_ylabel("decisions changed at most, %")
    right.set_title("until the gate is content", loc="left", color=_INK)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=130)
    except (OSError, ValueError) as error:
        raise SetupError(f"the picture {path} cannot be written: {error}") from error
    finally:
        pyplot.close(figure)
