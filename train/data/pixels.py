"""Decode once: every image of a data set as one memory-mapped array, kept between runs."""

import errno
import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from train.data.dataset import Example
from xray import formats
from xray import preprocess as preprocessing
from xray.card import InputSpec
from xray.errors import RejectedImage, SetupError
from xray.formats import decode
from xray.preprocess import decode_side, preprocess

_CHUNK = 32
_SHOWN = 20

Read = TypeVar("Read")


def cached(
    examples: Sequence[Example], spec: InputSpec, folder: Path, *, workers: int, title: str
) -> NDArray[np.uint8]:
    """Decode and preprocess images, or find them done already.

    Args:
        examples: In the order wanted.
        spec: Size and geometry; pixels go through `xray.preprocess`, exactly as the worker's do.
        folder: Where the array is kept, named by a digest of the images and the spec.
        workers: Processes; 0 means one per core.
        title: For the progress bar.

    Returns:
        uint8, shape (images, height, width, channels), memory-mapped read-only.

    Raises:
        SetupError: Images cannot be read (all of them are named), or the folder cannot be written.
    """
    key = json.dumps([_code(), asdict(spec), [example.sha256 for example in examples]])
    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.npy"
    if not path.exists():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # these are patients' images
            _fill(path, examples, spec, workers, title)
        except OSError as error:
            raise unwritable(folder, error) from error
    return np.asarray(np.load(path, mmap_mode="r"))


def unwritable(folder: Path, error: OSError) -> SetupError:
    """Say what is wrong with the folder of the pixel cache, and what to do."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    cure = "make room there" if full else "make it writable"
    return SetupError(f"the pixel cache {folder} cannot be written ({error.strerror}); {cure}, or put --run elsewhere")


def in_processes(
    work: Callable[[list[Path]], Read], paths: Sequence[Path], *, workers: int, title: str
) -> Iterator[tuple[int, Read]]:
    """Let processes read images, some at a time; yield where each portion begins and what came of it, in order.

    Args:
        work: Reads some images; runs in another process.
        paths: Of all of them.
        workers: Processes; 0 means one per core.
        title: For the progress bar.
    """
    # Fresh processes: forking one that holds TensorFlow's threads may hang.
    fresh = multiprocessing.get_context("forkserver")
    starts = range(0, len(paths), _CHUNK)
    with (
        ProcessPoolExecutor(workers or None, fresh) as pool,
        tqdm(total=len(paths), desc=title, unit="image", disable=None) as bar,
    ):
        portions = [list(paths[start : start + _CHUNK]) for start in starts]
        for start, portion, done in zip(starts, portions, pool.map(work, portions), strict=True):
            yield start, done
            bar.update(len(portion))


def _code() -> str:
    """Digest of the code that makes the pixels: after a change to it nothing that is cached is true any more."""
    files = [Path(preprocessing.__file__), *sorted(Path(formats.__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _fill(path: Path, examples: Sequence[Example], spec: InputSpec, workers: int, title: str) -> None:
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    faults: list[str] = []
    try:
        array = _room(unfinished, (len(examples), spec.height, spec.width, spec.channels))
        read = in_processes(partial(_read, spec=spec), [one.path for one in examples], workers=workers, title=title)
        for start, (images, refused) in read:
            array[start : start + len(images)] = images
            faults += refused
        if faults:
            raise unreadable(faults)
        array.flush()
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


def unreadable(faults: Sequence[str]) -> SetupError:
    """Name the images that cannot be read, each with its reason."""
    more = f"\n  and {len(faults) - _SHOWN} more (`lungwatch-train look` lists all)" if len(faults) > _SHOWN else ""
    shown = "\n  ".join(faults[:_SHOWN])
    count = "1 image" if len(faults) == 1 else f"{len(faults)} images"
    return SetupError(f"{count} cannot be read; mend or remove them:\n  {shown}{more}")


def _room(path: Path, shape: tuple[int, ...]) -> "np.memmap[Any, np.dtype[np.uint8]]":
    """Make the file of an array, and have the disk set its blocks aside.

    Writing into a mapped file on a full disk kills the process (SIGBUS), without a word; asking beforehand is an error
    that can be told.
    """
    array: np.memmap[Any, np.dtype[np.uint8]] = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def _read(paths: list[Path], spec: InputSpec) -> tuple[NDArray[np.uint8], list[str]]:
    images = np.zeros((len(paths), spec.height, spec.width, spec.channels), np.uint8)
    refused = []
    for at, path in enumerate(paths):
        try:
            images[at] = preprocess(decode(path.read_bytes(), at_least=decode_side(spec)), spec)
        except (RejectedImage, OSError) as error:
            refused.append(f"{path}: {told(error)}")
    return images, refused


def told(error: RejectedImage | OSError) -> str:
    """Say why an image cannot be read."""
    return str(error) if isinstance(error, RejectedImage) else error.strerror or type(error).__name__
