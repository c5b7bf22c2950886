"""The upper bound: as many processes as the worker has, each decoding, preprocessing and running, and nothing else."""

import multiprocessing
import time
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import NamedTuple

_PATIENCE_SECONDS = 600
"""A process that dies breaks the barrier for the others after this, instead of never."""


class Bare(NamedTuple):
    """What the loop took."""

    files_per_second: float
    cpu_ms_per_file: float
    """On a busy machine the better measure: who else runs does not count."""


def _loop(paths: list[str], model: str, barrier: Barrier, spent: "SimpleQueue[float]") -> None:
    from xray.formats import decode
    from xray.model_file import read
    from xray.preprocess import decode_side, preprocess
    from xray.runtime import Predictor

    file = read(Path(model))
    predictor, spec = Predictor(file.content), file.card.input

    def answer(path: str) -> None:
        data = Path(path).read_bytes()
        predictor.predict(preprocess(decode(data, at_least=decode_side(spec)), spec))

    for path in paths[:10]:
        answer(path)
    barrier.wait(_PATIENCE_SECONDS)
    before = time.process_time()
    for path in paths:
        answer(path)
    spent.put(time.process_time() - before)
    barrier.wait(_PATIENCE_SECONDS)


def measure(paths: list[Path], model: Path, processes: int) -> Bare:
    """Run the loop over the files, split evenly over the processes."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes + 1)
    spent = context.SimpleQueue()
    shares = [[str(path) for path in paths[number::processes]] for number in range(processes)]
    children = [context.Process(target=_loop, args=(share, str(model), barrier, spent)) for share in shares]
    for child in children:
        child.start()
    barrier.wait(_PATIENCE_SECONDS)
    started = time.monotonic()
    barrier.wait(_PATIENCE_SECONDS)
    seconds = time.monotonic() - started
    for child in children:
        child.join()
    return Bare(len(paths) / seconds, 1000 * sum(spent.get() for _ in children) / len(paths))
