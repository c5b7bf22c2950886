"""What a comparison leaves behind: a page, its picture, and its tables as JSON."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from train.comparison import Comparison
from train.comparison.stages import stages
from train.report.comparison_picture import comparison_picture
from train.report.comparison_tables import caveats, chapters
from train.report.folder import writing
from train.report.rendering import render
from train.report.style import Picture
from xray.card import Interval


def write_comparison(told: Comparison, out: Path) -> None:
    """Write comparison.html, .json, .png and .svg into a folder.

    Raises:
        SetupError: The folder cannot be written.
    """
    picture = comparison_picture(told)
    with writing(out):
        (out / "comparison.html").write_text(_page(told, picture), encoding="utf-8")
        (out / "comparison.json").write_text(comparison_json(told), encoding="utf-8")
        (out / "comparison.png").write_bytes(picture.png)
        (out / "comparison.svg").write_text(picture.svg, encoding="utf-8")


def _page(told: Comparison, picture: Picture) -> str:
    """Everything inside, no script, nothing fetched; no patient's image either."""
    return render(
        "comparison.html",
        told=told,
        picture=picture,
        chapters=chapters(told, stages=any(told.trainings)),
        caveats=caveats(told),
    )


def comparison_json(told: Comparison) -> str:
    """Everything but the scores of single images."""
    trained = [None if one is None else [asdict(stage) for stage in stages(one)] for one in told.trainings]
    candidates = [
        {
            "name": one.name,
            "model": f"{one.card.name} {one.card.version}",
            "recipe": one.card.recipe,
            "profile": one.card.profile,
            "seeds": one.card.averaged_seeds or (one.card.seed,),
            "cost": asdict(cost),
            "stages": own,
        }
        for one, cost, own in zip(told.candidates, told.costs, trained, strict=True)
    ]
    measured = [
        {
            "data": one.part.name,
            "images": int(one.part.labels.size),
            "patients": len(set(one.part.patients.tolist())) if one.part.patients_known else None,
            "standings": [
                {name: _plain(value) for name, value in vars(standing).items() if name not in ("shares", "right")}
                for standing in one.standings
            ],
            "differences": [asdict(difference) for difference in one.differences],
        }
        for one in told.measured
    ]
    whole = {"machine": told.machine, "candidates": candidates, "measured": measured}
    return json.dumps(_finite(whole), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    return asdict(value) if isinstance(value, Interval) else value


def _finite(value: Any) -> Any:
    """JSON knows no NaN: what could not be told is null."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
