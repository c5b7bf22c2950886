"""What the files made from one run are measured against; read and computed once, for however many files."""

from dataclasses import dataclass

from export.convert import convert
from export.imageset import ImageSet
from export.profiles import profile
from export.source import Source
from export.told import Told, run_keras
from xray.errors import SetupError


@dataclass(frozen=True)
class Yardstick:
    """A run, the sets of images to compare on, and what its Keras model says about them."""

    source: Source
    sets: tuple[ImageSet, ...]
    """The run's own validation images first."""
    told: tuple[Told, ...]
    """By the Keras model, for each set."""
    float_graph: bytes | None = None
    """The run as float32, for size and latency side by side; None where nobody asks for these."""


def yardstick(source: Source, *more: ImageSet, with_float: bool = False) -> Yardstick:
    """Run the Keras model over the run's own images, and over more where they are given.

    Raises:
        SetupError: The Keras model itself gives outputs that are not numbers.
    """
    sets = (source.validation, *more)
    told = tuple(run_keras(source.model, one.images) for one in sets)
    if not all(one.finite for one in told):
        raise SetupError("the run's Keras model gives NaN or infinite outputs: its training failed; train again")
    graph = convert(source.model, source.sample, profile("float32")) if with_float else None
    return Yardstick(source, sets, told, graph)
