"""What is kept of a published sweep."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.results.figures import FOLDER


@dataclass(frozen=True)
class SweepFigures:
    """One sweep, as `docs/figures/<name>.json` keeps it."""

    name: str
    command: str
    figure: str
    """What the trials are compared by."""
    trials: list[dict[str, Any]]
    """The point, how it ended, the figure, AUROC and accuracy on the shifted validation images; the best first."""
    importances: dict[str, float]

    def write(self) -> None:
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (FOLDER / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, name: str) -> "SweepFigures":
        return cls(**json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def collect(folder: Path, command: str) -> SweepFigures:
    """Read a study's folder."""
    told = json.loads((folder / "sweep.json").read_text(encoding="utf-8"))
    trials = [
        {
            "point": {name: _short(value) for name, value in one["point"].items()},
            "state": one["state"],
            "epochs": one["epochs"],
            "value": _short(one["value"]),
            "shifted_auroc": _short(one["kept"].get("shifted_auroc")),
            "shifted_accuracy": _short(one["kept"].get("shifted_accuracy")),
        }
        for one in told["trials"]
    ]
    worst = float("inf") if told["figure"].endswith("loss") else float("-inf")
    sign = 1 if told["figure"].endswith("loss") else -1
    trials.sort(key=lambda one: sign * (worst if one["value"] is None or one["state"] != "finished" else one["value"]))
    importances = {name: round(share, 2) for name, share in told["importances"].items()}
    return SweepFigures(folder.name, command, told["figure"], trials, importances)


def _short(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value
