"""The upper bound: as many processes as the worker has, each decoding, preprocessing and running, and nothing else."""

import multiprocessing
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path


def _loop(paths: list[str], model: str, barrier: Barrier) -> None:
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
    barrier.wait()
    for path in paths:
        answer(path)
    barrier.wait()


def files_per_second(paths: list[Path], model: Path, processes: int) -> float:
    """Run the loop over the files, split evenly over the processes."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes + 1)
    shares = [[str(path) for path in paths[number::processes]] for number in range(processes)]
    children = [context.Process(target=_loop, args=(share, str(model), barrier)) for share in shares]
    for child in children:
        child.start()
    barrier.wait()
    started = time.monotonic()
    barrier.wait()
    seconds = time.monotonic() - started
    for child in children:
        child.join()
    return len(paths) / seconds
