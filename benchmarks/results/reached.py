"""What a recipe reached, in a line: for its docstring, held to the figures by a test."""

from benchmarks.results.figures import Figures


def reached(figures: Figures) -> str:
    """Say score, data and time of one published run."""
    stage = max(figures.stages, key=lambda one: one["kept"] == figures.kept_epoch)
    data = figures.data.split(" (", maxsplit=1)[0].removesuffix("-clean.csv").removesuffix("-clean")
    time = f"{figures.minutes:.1f} minutes on 2 busy cores, one seed"
    if figures.origin == "test split":
        value, low, high = figures.accuracy
        return f"accuracy {value:.2f} ({low:.2f}–{high:.2f}) on {figures.images} test images of {data}; {time}"
    return (
        f"AUROC {stage['val_auroc']:.3f}, shifted {stage['shifted_auroc']:.3f}, on the {figures.images} validation images of "
        f"{data} that chose the epoch; {time}"
    )
