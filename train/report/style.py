"""One look for every picture: colours that hold without colour vision, on paper, on a light page and on a dark one.

A picture is drawn once. Its dark version is the same SVG with the colours of `DARK` in place of those of the light page;
the background is left out of both, so that the page's shows. A PNG has a white one.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.figure import Figure

INK, FAINT, GRID, PLATE = "#1c2630", "#667482", "#d9dfe5", "#fefefe"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#aa3f8c", "#8a6d00", "#4c566a")
"""Blue, vermilion, green, purple: Okabe & Ito 2008, the last two darkened so that they hold on white."""
MARKERS = "osD^vP"
LINES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1.2, 1.5)), (0, (8, 2)), (0, (3, 1)))
"""A kind of line for each colour: a black-and-white print still tells the curves apart."""

DARK = {
    INK: "#e4e9ee",
    FAINT: "#93a1af",
    GRID: "#34404c",
    PLATE: "#171d24",
    "#0072b2": "#5ab4e8",
    "#d55e00": "#ff9655",
    "#009e73": "#3fcf9f",
    "#aa3f8c": "#e38fcb",
    "#8a6d00": "#e3bd3d",
    "#4c566a": "#b3bdcc",
}

_DPI = 120
_STYLE: dict[Any, Any] = {
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "font.size": 10,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "svg.fonttype": "none",  # text stays text: small files, sharp at every size
    "svg.hashsalt": "lungwatch",  # the same figures give the same bytes
    "text.color": INK,
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
}


@dataclass(frozen=True)
class Picture:
    """A drawn figure as the bytes of files."""

    svg: str
    """For a light page; no background."""
    png: bytes
    """On white."""

    @property
    def dark(self) -> str:
        """The SVG for a dark page."""
        svg = self.svg
        for light, dark in DARK.items():
            svg = svg.replace(light, dark)
        return svg


def colour(index: int) -> str:
    """The colour of the label at this place."""
    return SERIES[index % len(SERIES)]


def draw(size: tuple[float, float], on: Callable[[Any], None]) -> Picture:
    """Draw a figure of one panel.

    Args:
        size: Width and height in inches, of 96 pixels on a page.
        on: Draws on the axes.
    """
    return draw_panels(size, (1, 1), lambda panels: on(panels[0]))


def draw_panels(size: tuple[float, float], grid: tuple[int, int], on: Callable[[list[Any]], None]) -> Picture:
    """Draw a figure of several panels: rows and columns of `grid`, handed over row by row."""

    def fill(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        on(list(figure.subplots(*grid, squeeze=False).flat))

    return _save(size, fill)


def draw_sheet(size: tuple[float, float], on: Callable[[Any], None]) -> Picture:
    """Draw on a bare sheet measured in inches, its origin at the top left: for many pictures, which axes would be slow for."""

    def fill(figure: Figure) -> None:
        sheet = figure.add_axes((0, 0, 1, 1))
        sheet.set_axis_off()
        on(sheet)
        sheet.set(xlim=(0, size[0]), ylim=(size[1], 0))  # last: imshow moves them
        sheet.set_aspect("auto")

    return _save(size, fill)


def _save(size: tuple[float, float], fill: Callable[[Figure], None]) -> Picture:
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=size)
        fill(figure)
        vector, bitmap = io.StringIO(), io.BytesIO()
        figure.savefig(bitmap, format="png", dpi=_DPI, facecolor="white", pil_kwargs={"compress_level": 3})
        figure.set_layout_engine("none")  # the layout is found, and finding it takes longer than drawing
        figure.savefig(vector, format="svg", transparent=True, metadata={"Date": None})
    return Picture(vector.getvalue(), bitmap.getvalue())
