"""A file as its model and as a person want to see it; or why it is refused."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xray.card import InputSpec
from xray.errors import RejectedImage
from xray.formats import decode
from xray.preprocess import decode_side, preprocess
from xray.radiograph import Source
from xray.reasons import Reason

VIEW_SIDE = 416
"""Pixels of the longer side, about, of pictures made for people: what a model sees at 48 pixels tells them nothing."""


@dataclass(frozen=True)
class Refusal:
    """A file without a radiograph that can be answered."""

    path: Path
    reason: Reason
    detail: str


@dataclass(frozen=True)
class View:
    """One radiograph, three times."""

    path: Path
    source: Source
    whole: NDArray[np.uint8]
    """As read, in its own aspect ratio, made smaller; shape (rows, columns), 0 is black."""
    seen: NDArray[np.uint8]
    """What the model sees, pixel by pixel; shape (height, width, channels)."""
    large: NDArray[np.uint8]
    """In the model's geometry but larger, to lay maps over; shape (rows, columns)."""


def view(path: Path, spec: InputSpec) -> View | Refusal:
    """Read one file. What the model sees goes through the very steps of training and worker."""
    try:
        data = path.read_bytes()
        seen = preprocess(decode(data, at_least=decode_side(spec)), spec)
        factor = max(1, round(VIEW_SIDE / max(spec.height, spec.width)))
        larger = replace(spec, height=factor * spec.height, width=factor * spec.width, channels=1)
        radiograph = decode(data, at_least=VIEW_SIDE)  # read again: reduced less, so a few gray levels differ
        large = preprocess(radiograph, larger)[:, :, 0]
    except RejectedImage as error:
        return Refusal(path, error.reason, error.detail)
    except OSError as error:
        return Refusal(path, Reason.NOT_READABLE, error.strerror or "")
    whole = Image.fromarray(radiograph.pixels)
    whole.thumbnail((VIEW_SIDE, VIEW_SIDE), Image.Resampling.BILINEAR)
    return View(path, radiograph.source, np.asarray(whole), seen, large)
