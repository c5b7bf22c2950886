"""Find pictures that are the same radiograph, saved again: recompressed, resized, cropped, shifted, mirrored, inverted.

Perceptual hashes do not do it: chest radiographs are so alike that 64-bit hashes of different patients are equal, and
that hashes differ after a crop of 5 %. What is written here, and why, with figures: docs/data.md.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft
from tqdm import tqdm

from train.data import alignment
from train.data.alignment import Floats, details, halved, likeness
from train.data.dataset import Example
from train.data.pixels import cached, unwritable
from xray.card import InputSpec

THUMBNAIL = InputSpec(128, 128, 1)
LIKE = 0.85
"""Likeness from which two pictures are near-duplicates. Of 5,216 radiographs no two different ones reach 0.60, drawn ones
reach 0.83; altered copies seldom fall below 0.85 (docs/data.md)."""

_CANDIDATE = 0.72
"""Likeness of spectra from which two pictures are compared for good: some 20 pairs in a million of different ones."""
_NEIGHBOURS = 4
"""Candidates for each picture and view: bounds the time where all pictures are alike."""
_FREQUENCIES = 12
_BLOCK = 512

Thumbnails = NDArray[np.uint8]


@dataclass(frozen=True, order=True)
class Pair:
    """Two pictures of one radiograph, by their places in the data set."""

    first: int
    second: int
    likeness: float
    """Correlation of their details when laid over each other: `LIKE` to 1."""


def near(examples: Sequence[Example], cache: Path, *, workers: int) -> tuple[Pair, ...]:
    """Find the near-duplicates among images on disk, or in the cache what was found before.

    Raises:
        SetupError: An image cannot be read, or the cache cannot be written.
    """
    thumbnails = cached(examples, THUMBNAIL, cache, workers=workers, title="decoding thumbnails")
    code = b"".join(Path(module).read_bytes() for module in (__file__, alignment.__file__))
    key = hashlib.sha256(code + "\n".join(example.sha256 for example in examples).encode()).hexdigest()[:16]
    known = cache / f"{key}.pairs.npy"
    if not known.exists():
        found = find(thumbnails[:, :, :, 0])
        unfinished = known.with_suffix(".tmp")
        try:
            with unfinished.open("wb") as file:
                np.save(file, np.array([(pair.first, pair.second, pair.likeness) for pair in found], np.float64))
            unfinished.rename(known)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise unwritable(cache, error) from error
    rows = np.load(known).reshape(-1, 3)
    return tuple(Pair(int(first), int(second), float(like)) for first, second, like in rows)


def find(thumbnails: Thumbnails) -> tuple[Pair, ...]:
    """Find the near-duplicates, exact ones among them.

    Every picture is compared with every other by the magnitudes of its spectrum, which a shift does not change, as it
    is, enlarged (the other may be cropped) and mirrored; the few candidates are laid over each other.

    Args:
        thumbnails: uint8, shape (N, 128, 128), stretched to the square: an uneven crop is then a stretch.

    Returns:
        Pairs in order. 5,216 pictures take 13 seconds of CPU time, which grows with the square of their number.
    """
    if not len(thumbnails):  # as `look` has it where not one file can be read
        return ()
    plain = _spectra(thumbnails)
    found: dict[tuple[int, int], float] = {}
    for view in _VIEWS:
        seen = plain if view is _as_it_is else _spectra(thumbnails, view)
        candidates = _candidates(seen, plain)
        for first, second in tqdm(candidates, desc="near-duplicates", unit="pair", leave=False, disable=None):
            pair = (min(first, second), max(first, second))
            if pair in found or (first > second and view in _EVEN_HANDED):
                continue
            like = likeness(view(thumbnails[first]), thumbnails[second])
            if like >= LIKE:
                found[pair] = like
    return tuple(sorted(Pair(*pair, like) for pair, like in found.items()))


def _enlarged(factor: float) -> Callable[[Thumbnails], Thumbnails]:
    def enlarge(thumbnail: Thumbnails) -> Thumbnails:
        side = thumbnail.shape[0]
        edge = (side - side / factor) / 2
        box = (edge, edge, side - edge, side - edge)
        return np.asarray(Image.fromarray(thumbnail).resize((side, side), Image.Resampling.BILINEAR, box=box))

    return enlarge


def _as_it_is(thumbnail: Thumbnails) -> Thumbnails:
    return thumbnail


def _mirrored(thumbnail: Thumbnails) -> Thumbnails:
    return thumbnail[:, ::-1]


_VIEWS = (_as_it_is, _enlarged(1.1), _enlarged(1.2), _mirrored)
_EVEN_HANDED = (_as_it_is, _mirrored)
"""Views in which it does not matter which of two pictures is seen so."""


def _spectra(thumbnails: Thumbnails, view: Callable[[Thumbnails], Thumbnails] = _as_it_is) -> Floats:
    """Describe each picture by the magnitudes of its low frequencies, which do not know where things stand.

    Returns:
        float32, shape (N, 287), each row of mean 0 and length 1.
    """
    side = thumbnails.shape[1] // 2
    window = np.outer(np.hanning(side), np.hanning(side)).astype(np.float32)
    kept = _FREQUENCIES
    rows = []
    for start in range(0, len(thumbnails), _BLOCK):
        seen = np.stack([view(one) for one in thumbnails[start : start + _BLOCK]])
        fine = details(halved(seen), 3) * window
        fine -= fine.mean((1, 2), keepdims=True)
        fine /= np.linalg.norm(fine, axis=(1, 2), keepdims=True) + 1e-6
        whole = np.abs(fft.rfft2(fine))
        low = np.concatenate([whole[:, :kept, :kept], whole[:, -kept:, :kept]], axis=1).reshape(len(seen), -1)
        row = np.log(low[:, 1:] + 0.3)  # without the mean, which is 0; 0.3 is what noise reaches
        row -= row.mean(1, keepdims=True)
        rows.append(row / (np.linalg.norm(row, axis=1, keepdims=True) + 1e-6))
    return np.concatenate(rows).astype(np.float32)


def _candidates(seen: Floats, plain: Floats) -> list[tuple[int, int]]:
    """Return for each row of `seen` its nearest rows of `plain`, itself left out."""
    found: list[tuple[int, int]] = []
    for start in range(0, len(seen), _BLOCK):
        alike = seen[start : start + _BLOCK] @ plain.T
        own = np.arange(len(alike))
        alike[own, own + start] = -1
        count = min(_NEIGHBOURS, alike.shape[1])
        nearest = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        rows, places = np.nonzero(np.take_along_axis(alike, nearest, axis=1) > _CANDIDATE)
        found += [(start + int(row), int(nearest[row, place])) for row, place in zip(rows, places, strict=True)]
    return found
