"""What a model costs: parameters, multiply-accumulates, bytes on disk, and milliseconds for one image on one thread."""

import multiprocessing
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from train.measuring.scoring import open_model
from train.run import Run
from xray.errors import SetupError
from xray.runtime import Predictor

if TYPE_CHECKING:
    import tf_keras as keras

_BURST = 5
"""Images in a row: the first of them pays for caches that the other models emptied, and the median forgets it."""
_LEAST_ROUNDS, _MOST_ROUNDS, _ENOUGH_SECONDS = 3, 12, 20.0


@dataclass(frozen=True)
class Cost:
    """What one model costs."""

    parameters: int | None
    """Numbers that were learnt or measured; None for a model file, whose graph does not tell weights from constants."""
    macs: int | None
    """Multiply-accumulates for one image, in convolutions and dense layers; None for a model file."""
    size_bytes: int
    """Of `model.keras` or of the model file."""
    milliseconds: float
    """Median wall time for one preprocessed image, on one thread: a run in TensorFlow, a model file in LiteRT."""


@dataclass(frozen=True)
class _Measured:
    """A model that is ready to be timed."""

    parameters: int | None
    macs: int | None
    size_bytes: int
    step: Callable[[], object]
    """Takes one image through the model."""


def costs(locations: Sequence[Path]) -> tuple[Cost, ...]:
    """Measure runs and model files, in a process of its own: TensorFlow takes its number of threads once, at its start.

    Raises:
        SetupError: One of them cannot be loaded, or the process died.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_one_thread) as alone:
        try:
            return alone.submit(measure, tuple(locations)).result()
        except BrokenProcessPool as error:
            raise SetupError(
                "the process that times the models died, most likely for want of memory; compare fewer at once"
            ) from error


def measure(locations: Sequence[Path]) -> tuple[Cost, ...]:
    """Measure with whatever threads this process has; the models take turns, so that a busy minute hits all of them."""
    models = [_open(location) for location in locations]
    taken: list[list[float]] = [[] for _ in models]
    began = time.perf_counter()
    for turn in range(1 + _MOST_ROUNDS):
        if turn > _LEAST_ROUNDS and time.perf_counter() - began > _ENOUGH_SECONDS:
            break
        for model, own in zip(models, taken, strict=True):
            timed = [_seconds(model.step) for _ in range(_BURST)]
            own += timed if turn else []  # the first round warms up
    return tuple(
        Cost(model.parameters, model.macs, model.size_bytes, 1000 * statistics.median(own))
        for model, own in zip(models, taken, strict=True)
    )


def macs(model: "keras.Model") -> int:
    """Count the multiply-accumulates for one image, from the graph that Keras traces.

    A convolution uses each number of its kernel once at each place of its output (places in the padding included, as
    published counts have it); a dense layer uses each once. Batch norm, activations and pooling are left out, likewise.
    """
    import tensorflow as tf

    image = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    traced = tf.function(lambda shown: model(shown, training=False)).get_concrete_function(image)
    total = 0
    for operation in traced.graph.get_operations():
        if operation.type in ("Conv2D", "DepthwiseConv2dNative"):
            rows, columns = operation.outputs[0].shape[1:3]
            total += int(operation.inputs[1].shape.num_elements()) * int(rows) * int(columns)
        elif operation.type == "MatMul":
            total += int(operation.inputs[1].shape.num_elements())
    return total


def machine() -> str:
    """Name the processor that was timed on, for people."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _one_thread() -> None:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def _open(location: Path) -> _Measured:
    _, model, _ = open_model(location)
    if isinstance(model, Predictor):
        grey = np.full(model.input_shape, 128, np.uint8)
        return _Measured(None, None, location.stat().st_size, lambda: model.predict(grey))
    import tensorflow as tf

    image = tf.fill((1, *model.input_shape[1:]), 128.0)
    step = tf.function(lambda: model(image, training=False))
    return _Measured(model.count_params(), macs(model), Run(location).model.stat().st_size, lambda: step().numpy())


def _seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start
