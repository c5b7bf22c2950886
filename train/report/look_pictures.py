"""The figures of a data set: how many of what, how large, how bright, and what they look like."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from train.look import Look
from train.look.survey import GREYS
from train.report.style import LINES, MARKERS, Picture, colour, draw
from xray.formats import decode

PREVIEW = 240
"""Longest side of a shown radiograph, in pixels."""
SAMPLES = 6
"""Radiographs shown of each class."""
_DOTS = 1500
"""Images of a class in the figure of sizes: more only make it black."""


def figures(seen: Look) -> dict[str, Picture]:
    """Draw all figures, by the name of their files."""
    readable = bool(seen.survey.readable)
    drawn = {"classes": draw((7, 0.7 + 0.32 * _bars(seen)), lambda axes: _classes(axes, seen))}
    if readable:
        drawn["sizes"] = draw((5.2, 4.2), lambda axes: _sizes(axes, seen))
        drawn["greys"] = draw((5.2, 4.2), lambda axes: _greys(axes, seen))
    return drawn


def samples(seen: Look) -> dict[str, tuple[int, ...]]:
    """Choose the images of each label that are shown: spread evenly over the readable ones."""
    chosen = {}
    for label in seen.data.labels:
        own = _of(seen, label)
        chosen[label] = tuple(own[at] for at in np.linspace(0, len(own) - 1, min(SAMPLES, len(own))).astype(int))
    return chosen


def preview(path: Path) -> bytes:
    """A radiograph as a small JPEG, its aspect ratio kept."""
    radiograph = decode(path.read_bytes(), at_least=PREVIEW // 2)
    image = Image.fromarray(radiograph.pixels)
    image.thumbnail((PREVIEW, PREVIEW), Image.Resampling.BILINEAR)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=80)
    return content.getvalue()


def sheet(rows: Iterable[Iterable[bytes]]) -> bytes:
    """Lay previews out in rows, as a PNG."""
    opened = [[Image.open(io.BytesIO(one)) for one in row] for row in rows]
    canvas = Image.new("L", (PREVIEW * max(map(len, opened)), PREVIEW * len(opened)))
    for down, row in enumerate(opened):
        for right, image in enumerate(row):
            canvas.paste(image, (right * PREVIEW, down * PREVIEW))
    content = io.BytesIO()
    canvas.save(content, "PNG")
    return content.getvalue()


def _of(seen: Look, label: str) -> list[int]:
    return [at for at in seen.survey.readable if seen.data.examples[at].label == label]


def _bars(seen: Look) -> int:
    return len(seen.data.counts()) * (len(seen.data.labels) + 1)


def _classes(axes: Any, seen: Look) -> None:
    place, ticks = 0.0, []
    for side, counts in seen.data.counts().items():
        for index, label in enumerate(seen.data.labels):
            axes.barh(place, counts[label], color=colour(index), height=0.8)
            axes.annotate(f" {counts[label]}", (counts[label], place), va="center", fontsize=9)
            ticks.append((place, f"{side}: {label}"))
            place += 1
        place += 0.6
    axes.set(xlabel="images", yticks=[at for at, _ in ticks])
    axes.set_yticklabels([name for _, name in ticks])
    axes.margins(x=0.12)
    axes.invert_yaxis()


def _sizes(axes: Any, seen: Look) -> None:
    rng = np.random.default_rng(0)
    for index, label in enumerate(seen.data.labels):
        own = [at for at in _of(seen, label) if seen.survey.facts[at].width]
        shown = rng.permutation(own)[:_DOTS]
        points = np.array([(seen.survey.facts[at].width, seen.survey.facts[at].height) for at in shown]).reshape(-1, 2)
        axes.scatter(
            *points.T,
            s=9,
            alpha=0.5,
            linewidths=0,
            color=colour(index),
            marker=MARKERS[index % len(MARKERS)],
            label=label,
        )
    axes.set(xlabel="width in pixels", ylabel="height in pixels", xlim=(0, None), ylim=(0, None))
    axes.grid(True)
    axes.legend(loc="upper left", markerscale=2)


def _greys(axes: Any, seen: Look) -> None:
    at_grey = (np.arange(GREYS) + 0.5) * 256 / GREYS
    for index, label in enumerate(seen.data.labels):
        own = [seen.survey.facts[at].greys for at in _of(seen, label)]
        if own:
            style = LINES[index % len(LINES)]
            axes.plot(at_grey, 100 * np.mean(own, axis=0), color=colour(index), linestyle=style, label=label)
    axes.set(xlabel="grey value (0 is air)", ylabel="mean share of the pixels in %", xlim=(0, 255), ylim=(0, None))
    axes.grid(True)
    axes.legend()
