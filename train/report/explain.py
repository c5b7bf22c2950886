"""Explanations on disk: one HTML page with everything inside, and each picture as a PNG beside it."""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from train.explain import Evidence, Explanation
from train.explain.cam import tint
from train.explain.reading import Refusal
from train.explain.wording import probability, sentence
from train.report.explain_pictures import activations, bars, filters
from train.report.folder import make_folder, writing
from train.report.rendering import address, render, svg
from xray.card import Card
from xray.decide import Finding
from xray.radiograph import Source

if TYPE_CHECKING:
    from train.explain.layers import Activations, Inside

PAGE = "explain.html"
_JPEG_QUALITY = 85


@dataclass(frozen=True)
class Entry:
    """One radiograph on the page; pictures are data: addresses."""

    name: str
    source: Source
    finding: Finding
    sentence: str
    whole: str
    seen: str
    evidence: tuple[tuple[Evidence, str], ...]
    """Of each label, with the picture of its overlay."""
    layers: tuple[tuple["Activations", str], ...]
    """With the picture of its channels."""
    bars: str
    dark_bars: str


class Page:
    """A page that takes one radiograph after the other, so that the arrays of many need not be held at once.

    Args:
        card: The model's.
        inside: Its layers; None for an exported file.
        out: Folder for the page and the pictures, made for nobody but its owner; files of the same names are replaced.

    Raises:
        SetupError: The folder cannot be made, or not be written; the methods likewise.
    """

    def __init__(self, card: Card, inside: "Inside | None", out: Path) -> None:
        self._card, self._inside, self._out = card, inside, out
        self._entries: list[Entry] = []
        self._refused: list[Refusal] = []
        make_folder(out, private=True)

    def refuse(self, refused: Refusal) -> None:
        """Add a file that was refused."""
        self._refused.append(refused)

    def add(self, told: Explanation) -> None:
        """Add a radiograph and write its pictures."""
        view = told.view
        stem = f"{len(self._entries) + 1:03d}-{_plain(view.path.stem)}"
        drawn = bars(told.finding, self._card)
        self._write(f"{stem}-probabilities.png", drawn.png)
        self._entries.append(
            Entry(
                name=view.path.name,
                source=view.source,
                finding=told.finding,
                sentence=sentence(told.finding, self._card),
                whole=self._picture(f"{stem}-as-read", view.whole),
                seen=self._picture(f"{stem}-as-seen", view.seen if view.seen.shape[2] == 3 else view.seen[:, :, 0]),
                evidence=tuple(
                    (one, self._picture(f"{stem}-map-{_plain(one.label)}", one.overlay)) for one in told.evidence
                ),
                layers=tuple(
                    (one, self._picture(f"{stem}-layer-{_plain(one.layer)}", activations(one))) for one in told.layers
                ),
                bars=svg(drawn.svg),
                dark_bars=svg(drawn.dark),
            )
        )

    def close(self) -> Path:
        """Write the page; returns where it is."""
        learned = None if self._inside is None else self._inside.filters
        text = render(
            "explain.html",
            card=self._card,
            entries=self._entries,
            refused=self._refused,
            inside=self._inside,
            filters=None if learned is None else self._picture("filters", filters(learned)),
            gradient=_gradient(),
            probability=probability,
            signed=lambda value: f"{value:+.2f}".replace("-", "−"),
        )
        self._write(PAGE, text.encode())
        return self._out / PAGE

    def _picture(self, name: str, pixels: NDArray[np.uint8]) -> str:
        """Write a PNG; returns the same picture as a data: address, as JPEG where that is shorter."""
        png, jpeg = io.BytesIO(), io.BytesIO()
        image = Image.fromarray(np.ascontiguousarray(pixels))
        image.save(png, "PNG", optimize=True)
        image.save(jpeg, "JPEG", quality=_JPEG_QUALITY)
        self._write(f"{name}.png", png.getvalue())
        if len(png.getvalue()) <= len(jpeg.getvalue()):
            return address("image/png", png.getvalue())
        return address("image/jpeg", jpeg.getvalue())

    def _write(self, name: str, content: bytes) -> None:
        with writing(self._out):
            (self._out / name).write_bytes(content)


def _plain(name: str) -> str:
    """Keep of a name what is safe in any file name."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:60] or "image"


def _gradient() -> str:
    """The overlay's colours from nothing to the strongest, for a style sheet."""
    stops = []
    for *colour, opacity in tint(np.linspace(0, 1, 7)):
        red, green, blue = (round(255 * part) for part in colour)
        stops.append(f"rgba({red}, {green}, {blue}, {opacity:.2f})")
    return f"linear-gradient(to right, {', '.join(stops)})"
