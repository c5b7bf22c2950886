"""Inside a Keras model: its learned first filters, and what chosen layers make of a radiograph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray

from xray.errors import SetupError

CHANNELS = 16
"""Shown of each layer."""
_DEFAULT_LAYERS = 5
_NON_LINEAR = ("Activation", "ELU", "LeakyReLU", "PReLU", "ReLU")


@dataclass(frozen=True)
class Filters:
    """The kernels of the first convolution."""

    layer: str
    kernels: NDArray[np.float32]
    """Shape (filters, rows, columns, channels), the heaviest first; channels are those of the image, 1 or 3."""


@dataclass(frozen=True)
class Activations:
    """What one layer gave for one radiograph."""

    layer: str
    shape: tuple[int, int, int]
    """Of its output: rows, columns, channels."""
    channels: tuple[int, ...]
    """Numbers of those shown."""
    maps: NDArray[np.float32]
    """Shape (shown, rows, columns)."""


class Inside:
    """A model, opened at some of its layers.

    Args:
        model: Of stock layers, not nested.
        chosen: Names of layers; none takes the last non-linear layer at each of five sizes of map.

    Raises:
        SetupError: A layer that is not there, or whose output is not a map.
    """

    def __init__(self, model: keras.Model, chosen: Sequence[str] = ()) -> None:
        mapped = {layer.name: layer for layer in model.layers if _is_map(layer)}
        unknown = [name for name in chosen if name not in mapped]
        if unknown:
            raise SetupError(
                f"--layers {', '.join(unknown)}: expected layers of this model whose output is a map: {', '.join(mapped)}"
            )
        self.layers = tuple(chosen) or _spread(mapped)
        self.filters = _first_filters(model)
        self._model = keras.Model(model.input, [mapped[name].output for name in self.layers])

    def activations(self, images: NDArray[np.uint8]) -> list[tuple[Activations, ...]]:
        """Tell what the layers give for each image.

        Args:
            images: Shape (N, H, W, C), preprocessed.
        """
        told = self._model.predict_on_batch(images)
        outputs = told if isinstance(told, list) else [told]
        return [
            tuple(_strongest(name, output[at]) for name, output in zip(self.layers, outputs, strict=True))
            for at in range(len(images))
        ]


def _is_map(layer: Any) -> bool:
    """Whether it gives a map of two rows and columns at least (the picture itself is none)."""
    shape = layer.output.shape
    return len(shape) == 4 and min(shape[1:3]) > 1 and not isinstance(layer, keras.layers.InputLayer)


def _spread(mapped: dict[str, Any]) -> tuple[str, ...]:
    """Choose a handful: the last non-linear layer of each size of map, where the network has done what it does there."""
    non_linear = {name: layer for name, layer in mapped.items() if type(layer).__name__ in _NON_LINEAR} or mapped
    last = {tuple(layer.output.shape[1:3]): name for name, layer in non_linear.items()}
    names = [name for name in mapped if name in last.values()]
    steps = np.unique(np.linspace(0, len(names) - 1, min(_DEFAULT_LAYERS, len(names))).round().astype(int))
    return tuple(names[step] for step in steps)


def _first_filters(model: keras.Model) -> Filters | None:
    """Find the kernels that look at the picture itself; None where no convolution does."""
    for layer in model.layers:
        kernel = getattr(layer, "kernel", None)
        if kernel is not None and len(kernel.shape) == 4 and kernel.shape[2] == model.input_shape[-1]:
            kernels = np.moveaxis(np.asarray(kernel), -1, 0)
            weight = np.square(kernels).sum(axis=(1, 2, 3))
            return Filters(layer.name, kernels[np.argsort(-weight, kind="stable")])
    return None


def _strongest(layer: str, output: NDArray[np.float32]) -> Activations:
    """Keep the channels that vary most from place to place: an even one, however high, shows nothing."""
    spread = output.std(axis=(0, 1))
    channels = np.argsort(-spread, kind="stable")[:CHANNELS]
    rows, columns, count = output.shape
    return Activations(
        layer, (rows, columns, count), tuple(map(int, channels)), np.moveaxis(output[:, :, channels], -1, 0)
    )
