"""docs/results.md: words that stand still in results.md.j2, figures out of docs/figures/."""

from pathlib import Path

import jinja2

from benchmarks.results.experiments import (
    CLASSROOM,
    CLEAN_LUNG3,
    PNEUMONIA,
    STRATEGIES,
    SWEEPS,
    TRANSFER,
    Experiment,
)
from benchmarks.results.figures import Figures
from benchmarks.results.sweeps import SweepFigures

PAGE = Path("docs/results.md")


def page() -> str:
    """Write the page from the committed figures."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, from our own figures
    )
    environment.filters |= {"share": share, "interval": interval}
    return environment.get_template("results.md.j2").render(
        classroom=_read(CLASSROOM),
        transfer=_read(TRANSFER),
        pneumonia={one.name: one for one in _read(PNEUMONIA)},
        strategies={one.name: one for one in _read(STRATEGIES)},
        sweeps=[SweepFigures.read(one.name) for one in SWEEPS],
        clean=CLEAN_LUNG3,
    )


def share(value: float) -> str:
    """Three digits: what these data sets can tell."""
    return f"{value:.3f}"


def interval(told: list[float], digits: int = 3) -> str:
    """A value with its 95 % interval."""
    value, low, high = (f"{one:.{digits}f}" for one in told)
    return f"{value} ({low}–{high})"


def _read(experiments: tuple[Experiment, ...]) -> list[Figures]:
    return [Figures.read(one.name) for one in experiments]
