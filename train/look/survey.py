"""Read every image of a data set once, and note what can be said of it without a model. Stops at none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.data.dataset import Example
from train.data.duplicates import THUMBNAIL
from train.data.pixels import in_processes, told
from xray.errors import RejectedImage
from xray.formats import decode
from xray.preprocess import decode_side, preprocess

GREYS = 64
"""Bins of the histogram over 0..255."""


@dataclass(frozen=True)
class Facts:
    """What one file says of itself."""

    width: int = 0
    height: int = 0
    """Pixels of the file, or before somebody resized it where the manifest tells (`width_orig`, `height_orig`). 0 where it
    tells for other images and not for this one: a size after resizing beside sizes before says nothing."""
    bits: int = 0
    format: str = ""
    greys: tuple[float, ...] = ()
    """Share of the pixels in each of `GREYS` bins, from black (air) to white; sums to 1."""
    refused: str = ""
    """Why it cannot be read; empty where it can."""

    @property
    def mean_grey(self) -> float:
        """Mean grey value, 0 to 255."""
        return float(np.dot(self.greys, (np.arange(GREYS) + 0.5) * 256 / GREYS))


@dataclass(frozen=True)
class Survey:
    """A data set as it was found on disk."""

    facts: tuple[Facts, ...]
    """One for each example, in their order."""
    thumbnails: NDArray[np.uint8]
    """uint8, shape (N, 128, 128); black where a file could not be read."""

    @property
    def readable(self) -> tuple[int, ...]:
        """Places of the images that can be read."""
        return tuple(at for at, one in enumerate(self.facts) if not one.refused)


def survey(examples: Sequence[Example], *, workers: int) -> Survey:
    """Read all images, in as many processes; 0 means one per core."""
    thumbnails = np.zeros((len(examples), THUMBNAIL.height, THUMBNAIL.width), np.uint8)
    facts: list[Facts] = []
    paths = [example.path for example in examples]
    for start, (some, images) in in_processes(_read, paths, workers=workers, title="reading images"):
        thumbnails[start : start + len(some)] = images
        facts += some
    return Survey(tuple(_with_original_sizes(facts, examples)), thumbnails)


def _read(paths: list[Path]) -> tuple[list[Facts], NDArray[np.uint8]]:
    facts, images = [], np.zeros((len(paths), THUMBNAIL.height, THUMBNAIL.width), np.uint8)
    for at, path in enumerate(paths):
        try:
            radiograph = decode(path.read_bytes(), at_least=decode_side(THUMBNAIL))
        except (RejectedImage, OSError) as error:
            facts.append(Facts(refused=told(error)))
            continue
        images[at] = preprocess(radiograph, THUMBNAIL)[:, :, 0]
        counts = np.bincount(radiograph.pixels.ravel() // (256 // GREYS), minlength=GREYS)
        source, shares = radiograph.source, counts / radiograph.pixels.size
        facts.append(Facts(source.width, source.height, source.bits_stored, source.format, tuple(shares.tolist())))
    return facts, images


def _with_original_sizes(facts: Sequence[Facts], examples: Sequence[Example]) -> list[Facts]:
    sizes = [_original_size(example) for example in examples]
    if not any(sizes):
        return list(facts)
    return [
        one if one.refused else replace(one, width=size[0] if size else 0, height=size[1] if size else 0)
        for one, size in zip(facts, sizes, strict=True)
    ]


def _original_size(example: Example) -> tuple[int, int] | None:
    width, height = (example.columns.get(name, "") for name in ("width_orig", "height_orig"))
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        return None
    return int(width), int(height)
