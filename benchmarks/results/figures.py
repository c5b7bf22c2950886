"""What is kept of a published run: numbers and how they were made, no image, no name of a file or a patient."""

import csv
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FOLDER = Path("docs/figures")
_NUMBERS = ("accuracy", "val_accuracy", "val_auroc", "shifted_loss", "shifted_auroc", "test_accuracy")


@dataclass(frozen=True)
class Figures:
    """One run, as `docs/figures/<name>.json` keeps it."""

    name: str
    command: str
    recipe: str
    input: str
    parameters: int
    data: str
    digest: str
    """Of the images measured on."""
    origin: str
    """How these stand to the training."""
    labels: list[str]
    images: int
    patients: int | None
    accuracy: list[float]
    """Value, low, high; so are the following."""
    auroc: list[float]
    sensitivity: dict[str, list[float]]
    """Of each label."""
    log_loss: float
    calibration_error: float
    operating_point: dict[str, Any] | None
    stages: list[dict[str, Any]]
    """Name, epochs, minutes, and the figures of each stage's kept epoch."""
    kept_epoch: int
    test_accuracy: list[float]
    """After each epoch, where the data set has test images."""
    minutes: float
    """Of training and validating, without decoding."""
    seed: int
    versions: dict[str, str]

    def write(self) -> None:
        FOLDER.mkdir(exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (FOLDER / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, name: str) -> "Figures":
        return cls(**json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def collect(folder: Path, command: str) -> Figures:
    """Read a finished run and its report.

    Args:
        folder: The run.
        command: That made it, with DATA for the data folder.
    """
    told = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    measured = json.loads((folder / "report" / "metrics.json").read_text(encoding="utf-8"))
    progress = json.loads((folder / "checkpoint" / "progress.json").read_text(encoding="utf-8"))
    with (folder / "history.csv").open(newline="") as lines:
        history = list(csv.DictReader(lines))
    spec = told["input"]
    points = measured["operating_points"]
    return Figures(
        name=folder.name,
        command=command,
        recipe=told["recipe"],
        input=f"{spec['height']}×{spec['width']}×{spec['channels']}",
        parameters=_parameters(folder),
        data=measured["data"],
        digest=measured["digest"],
        origin=measured["origin"],
        labels=measured["labels"],
        images=measured["images"],
        patients=measured["patients"],
        accuracy=_interval(measured["accuracy"]),
        auroc=_interval(measured["auroc"]),
        sensitivity={one["label"]: _interval(one["figures"]["sensitivity"]) for one in measured["classes"]},
        log_loss=round(measured["log_loss"], 4),
        calibration_error=round(measured["calibration_error"], 4),
        operating_point=None
        if not points
        else {
            "name": points[0]["name"],
            "threshold": round(points[0]["threshold"], 3),
            "sensitivity": _interval(points[0]["sensitivity"]),
            "specificity": _interval(points[0]["specificity"]),
        },
        stages=[_stage(stage["name"], history, told["monitor"]) for stage in told["stages"]],
        kept_epoch=progress["best_epoch"],
        test_accuracy=[round(float(row["test_accuracy"]), 4) for row in history if "test_accuracy" in row],
        minutes=round(sum(float(row["seconds"]) for row in history) / 60, 1),
        seed=told["seed"],
        versions=told["versions"],
    )


def _stage(name: str, history: list[dict[str, str]], monitor: str) -> dict[str, Any]:
    rows = [row for row in history if row["stage"] == name]
    sign = -1 if monitor.endswith("loss") else 1
    best = max(rows, key=lambda row: sign * float(row[monitor]))
    return {
        "name": name,
        "epochs": len(rows),
        "kept": int(best["epoch"]),
        "minutes": round(sum(float(row["seconds"]) for row in rows) / 60, 1),
        **{number: round(float(best[number]), 4) for number in _NUMBERS if number in best},
    }


def _interval(told: dict[str, float]) -> list[float]:
    return [round(told[name], 4) for name in ("value", "low", "high")]


def _parameters(folder: Path) -> int:
    import tf_keras as keras

    return int(keras.models.load_model(folder / "model.keras", compile=False).count_params())
