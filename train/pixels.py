"""Decode once: every image of a data set as one memory-mapped array, kept between runs."""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from train.dataset import Example
from xray import formats
from xray import preprocess as preprocessing
from xray.card import InputSpec
from xray.errors import RejectedImage, SetupError
from xray.formats import decode
from xray.preprocess import decode_side, preprocess

_CHUNK = 32


def cached(
    examples: Sequence[Example], spec: InputSpec, folder: Path, *, workers: int, title: str
) -> NDArray[np.uint8]:
    """Decode and preprocess images, or find them done already.

    Args:
        examples: In the order wanted.
        spec: Size and geometry; pixels go through `xray.preprocess`, exactly as the worker's do.
        folder: Where the array is kept, named by a digest of the images and the spec.
        workers: Processes.
        title: For the progress bar.

    Returns:
        uint8, shape (images, height, width, channels), memory-mapped read-only.

    Raises:
        SetupError: An image cannot be read (all of them are named), or the folder cannot be written.
    """
    key = json.dumps([_code(), asdict(spec), [example.sha256 for example in examples]])
    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.npy"
    if not path.exists():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # these are patients' images
            _fill(path, examples, spec, workers, title)
        except OSError as error:
            raise SetupError(f"the pixel cache {folder} cannot be written: {error.strerror}") from error
    return np.asarray(np.load(path, mmap_mode="r"))


def _code() -> str:
    """Digest of the code that makes the pixels: after a change to it nothing that is cached is true any more."""
    files = [Path(preprocessing.__file__), *sorted(Path(formats.__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _fill(path: Path, examples: Sequence[Example], spec: InputSpec, workers: int, title: str) -> None:
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    shape = (len(examples), spec.height, spec.width, spec.channels)
    array = np.lib.format.open_memmap(unfinished, "w+", np.uint8, shape)
    faults: list[str] = []
    starts = range(0, len(examples), _CHUNK)
    try:
        # Fresh processes: forking one that holds TensorFlow's threads may hang.
        fresh = multiprocessing.get_context("forkserver")
        with (
            ProcessPoolExecutor(workers, fresh) as pool,
            tqdm(total=len(examples), desc=title, unit="image", disable=None) as bar,
        ):
            chunks = [[example.path for example in examples[start : start + _CHUNK]] for start in starts]
            for start, (images, refused) in zip(starts, pool.map(_read, chunks, [spec] * len(chunks)), strict=True):
                array[start : start + len(images)] = images
                faults += refused
                bar.update(len(images))
        if faults:
            shown = "\n  ".join(faults[:20])
            raise SetupError(f"{len(faults)} images cannot be read; mend or remove them:\n  {shown}")
        array.flush()
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _read(paths: list[Path], spec: InputSpec) -> tuple[NDArray[np.uint8], list[str]]:
    images = np.zeros((len(paths), spec.height, spec.width, spec.channels), np.uint8)
    refused = []
    for at, path in enumerate(paths):
        try:
            images[at] = preprocess(decode(path.read_bytes(), at_least=decode_side(spec)), spec)
        except (RejectedImage, OSError) as error:
            refused.append(f"{path}: {error}")
    return images, refused
