"""A sweep as one HTML page, its figures beside it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from train.changes import changed
from train.measuring.percent import percent
from train.recipe import load
from train.report import sweep_figures
from train.report.folder import writing
from train.report.rendering import render
from train.report.style import Picture
from train.report.sweep_figures import words as figure_words
from train.report.wording import plain
from train.sweep.plan import Outcome, Plan, fit_command, shown, words
from train.sweep.space import Point, start
from train.sweep.study import ENOUGH, Study

PAGE = "sweep.html"
NUMBERS = "sweep.json"
FIGURES = ("shifted_auroc", "shifted_accuracy", "shifted_loss")
FEW = 0.005
"""Share that one validation image is of all, above which it is said."""


def write(study: Study, data: str) -> Path:
    """Write the page and its figures into the study's folder; returns the page.

    Args:
        study: Whatever came of it so far.
        data: The data set as the user named it, for the command.

    Raises:
        SetupError: The folder cannot be written.
    """
    plan, outcomes, best = study.plan, study.outcomes(), study.best()
    importances = study.importances()
    own = start(changed(load(plan.recipe), plan.fixed), plan.axes)
    figures = _figures(plan, outcomes, importances)
    page = render(
        "sweep.html",
        plan=plan,
        best=best,
        counts=_counts(outcomes),
        remarks=[] if best is None else remarks(plan, outcomes, best, own),
        command=None if best is None else fit_command(plan, best.point, data),
        ranked=_ranked(plan, outcomes),
        own=own,
        held=plain({name: value for name, value in vars(plan.fixed).items() if value not in (None, ())}),
        enough=ENOUGH,
        figures=figures,
        figure=figure_words(plan.figure),
        figure_words=figure_words,
        others=[name for name in FIGURES if name != plan.figure],
        words=words,
        shown=shown,
    )
    with writing(study.folder):
        for name, picture in figures.items():
            (study.folder / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
            (study.folder / f"{name}.png").write_bytes(picture.png)
        (study.folder / PAGE).write_text(page, encoding="utf-8")
        (study.folder / NUMBERS).write_text(_numbers(plan, outcomes, importances), encoding="utf-8")
    return study.folder / PAGE


def _numbers(plan: Plan, outcomes: Sequence[Outcome], importances: dict[str, float]) -> str:
    """All that the page shows, for programs."""
    told = {
        "plan": asdict(plan),
        "figure": plan.figure,
        "trials": [asdict(one) for one in outcomes],
        "importances": importances,
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _figures(plan: Plan, outcomes: Sequence[Outcome], importances: dict[str, float]) -> dict[str, Picture]:
    drawn: dict[str, Picture] = {}
    if any(one.state == "finished" for one in outcomes):
        drawn["course"] = sweep_figures.course(plan, outcomes)
        drawn["slices"] = sweep_figures.slices(plan, outcomes)
        grid = sweep_figures.grid(plan, outcomes)
        if grid is not None:
            drawn["grid"] = grid
    if len(importances) > 1:
        drawn["mattered"] = sweep_figures.mattered(importances)
    return drawn


def remarks(plan: Plan, outcomes: Sequence[Outcome], best: Outcome, own: Point | None) -> list[str]:
    """Say what the figures allow to say, and what not.

    Args:
        plan: With what the seed alone makes of the figure, where somebody measured it.
        outcomes: All trials.
        best: The best of the finished ones.
        own: The recipe's own point; None where it was not among those to be tried.
    """
    finished = [one for one in outcomes if one.state == "finished" and one.value is not None]
    assert best.value is not None
    told = [
        f"{len(finished)} finished trial{'s' if len(finished) > 1 else ''}, each trained once: the best of several is the best "
        "partly by luck, and its figure flatters. Train it with other seeds before you believe in it."
    ]
    share = 1 / plan.images[1]
    if share > FEW:
        told.append(
            f"One of the {plan.images[1]} validation images more or less right is {percent(share)} of accuracy: so few hold up "
            "nothing but large differences."
        )
    if plan.noise is None:
        told.append("Nobody measured what the seed alone makes of this figure. Take small differences for noise.")
    else:
        near = sum(abs((one.value or 0.0) - best.value) <= plan.noise for one in finished)
        told.append(
            f"Differences up to {plan.noise:g} came about by the seed alone, measured on thousands of radiographs; on fewer they "
            f"are larger. {near} of {len(finished)} finished trials lie within that of the best"
            + (": the sweep cannot tell these apart." if near > 1 else ".")
        )
    first = next((one for one in finished if one.point == own), None)
    if first is not None and first.value is not None:
        gain = abs(best.value - first.value)
        if first.number == best.number:
            told.append("The recipe's own values came out best: there is nothing to change.")
        elif plan.noise is not None and gain <= plan.noise:
            told.append(f"The recipe's own values came to {first.value:.4f}, {gain:.4f} behind: that is no difference.")
        else:
            told.append(f"The recipe's own values came to {first.value:.4f}, {gain:.4f} behind the best.")
    spread = _spread(finished)
    if spread is not None:
        told.append(f"The same values with another seed came out up to {spread:.4f} apart, here, in this sweep.")
    return told


def _spread(finished: Sequence[Outcome]) -> float | None:
    """The largest difference between trials of one point, which the seed alone made; None where none came twice."""
    groups: dict[str, list[float]] = {}
    for one in finished:
        groups.setdefault(words(one.point), []).append(one.value or 0.0)
    return max((max(group) - min(group) for group in groups.values() if len(group) > 1), default=None)


def _ranked(plan: Plan, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The finished ones from the best on, then the others as they came."""
    sign = 1 if plan.figure.endswith("loss") else -1
    order = {"finished": 0, "stopped": 1, "running": 2, "failed": 3, "killed": 4}
    return sorted(
        outcomes,
        key=lambda one: (order[one.state], sign * (one.value or 0.0) if one.state == "finished" else 0.0, one.number),
    )


def _counts(outcomes: Sequence[Outcome]) -> str:
    named = {
        state: sum(one.state == state for one in outcomes) for state in ("finished", "stopped", "failed", "running")
    }
    return ", ".join(f"{count} {state}" for state, count in named.items() if count) or "none"
