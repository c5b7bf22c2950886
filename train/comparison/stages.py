"""What each stage of a training reached: a frozen base first and all layers then, say."""

from dataclasses import dataclass

from train.report.training import Training


@dataclass(frozen=True)
class Stage:
    """One stage of one training, at its best epoch."""

    name: str
    epochs: int
    seconds: float
    best_epoch: int
    """By the figure that chose the epoch in this training."""
    figures: dict[str, float]
    """Of the best epoch, by column of history.csv."""


def stages(training: Training) -> tuple[Stage, ...]:
    """Summarize the stages, in order."""
    found = []
    for stretch in training.stages:
        known = {name: value for name, value in training.at(stretch.best).items() if value is not None}
        places = [at for at, epoch in enumerate(training.epochs) if stretch.first <= epoch <= stretch.last]
        seconds = sum(training.curves["seconds"][at] or 0.0 for at in places) if "seconds" in training.curves else 0.0
        found.append(Stage(stretch.name, len(places), seconds, stretch.best, known))
    return tuple(found)
