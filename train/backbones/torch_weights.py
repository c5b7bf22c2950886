"""The published PyTorch weights of ResNet18 and DenseNet161, which no Keras download has.

A state dict is read from `.safetensors` or `.npz`, never from `.pth`: that is a pickle, which runs what it holds. Where
PyTorch is installed, this makes the file (torchvision's names are kept):

    import safetensors.torch, torchvision
    model = torchvision.models.resnet18(weights="IMAGENET1K_V1")  # or densenet161
    safetensors.torch.save_file(model.state_dict(), "resnet18.safetensors")

The mapping, for a layer of ours and of PyTorch's called L:

| ours | PyTorch's | turned |
|---|---|---|
| convolution `kernel` (height, width, in, out) | `L.weight` (out, in, height, width) | axes 2, 3, 1, 0 |
| batch norm `gamma`, `beta` | `L.weight`, `L.bias` | |
| batch norm `moving_mean`, `moving_variance` | `L.running_mean`, `L.running_var` | |

Left out: `num_batches_tracked`, and the layers `fc` and `classifier`, which tell the thousand classes of ImageNet. The
published file of DenseNet161 is older than its names: it says `denselayer1.norm.1` for `denselayer1.norm1`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xray.errors import SetupError

if TYPE_CHECKING:
    import tf_keras as keras

SUFFIXES = (".safetensors", ".npz")
_NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_IGNORED = re.compile(r"^(fc|classifier)\.|\.num_batches_tracked$")
_OLD_NAME = re.compile(r"\.(norm|conv)\.([12])\.")


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Read a state dict.

    Raises:
        SetupError: The file is damaged, or holds something else.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors.numpy import load_file

            return load_file(path)
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as error:
        # safetensors and zipfile raise their own kinds, numpy ValueError and OSError: whichever, the file is no good.
        raise SetupError(
            f"the weights {path} cannot be read: {error}; expected a PyTorch state dict as .safetensors or .npz"
        ) from error


def expected(model: "keras.Model") -> dict[str, tuple[int, ...]]:
    """Tell which arrays of a state dict a network takes: PyTorch's names to PyTorch's shapes."""
    return {name: _turned(np.empty(variable.shape), (3, 2, 0, 1)).shape for name, variable in _variables(model).items()}


def fill(model: "keras.Model", state: Mapping[str, NDArray[Any]], title: str, source: str) -> None:
    """Give each layer of a network what PyTorch's layer of the same name holds.

    Args:
        model: Changed, if all fits.
        state: PyTorch's names to arrays.
        title: Of the network, for messages.
        source: The file, for messages.

    Raises:
        SetupError: Something is missing, left over, or of another shape.
    """
    given = {_OLD_NAME.sub(r".\1\2.", name): value for name, value in state.items() if not _IGNORED.search(name)}
    wanted = expected(model)
    missing = [name for name in wanted if name not in given]
    unknown = [name for name in given if name not in wanted]
    unfit = [name for name in wanted if name in given and given[name].shape != wanted[name]]
    if missing or unknown or unfit:
        told = [
            f"{len(names)} {what} ({names[0]})"
            for names, what in ((missing, "missing"), (unknown, "unknown"), (unfit, "of another shape"))
            if names
        ]
        raise SetupError(
            f"{source} does not hold the weights of {title}: of {len(wanted)} arrays, {', '.join(told)}; expected "
            "torchvision's state dict with its names unchanged"
        )
    for name, variable in _variables(model).items():
        variable.assign(_turned(given[name], (2, 3, 1, 0)).astype(np.float32))


def _variables(model: "keras.Model") -> dict[str, Any]:
    return {
        f"{layer.name}.{_NAMES[variable.name.rpartition('/')[2].removesuffix(':0')]}": variable
        for layer in model.layers
        for variable in layer.weights
    }


def _turned(value: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """Turn a kernel; vectors stay."""
    return value.transpose(axes) if value.ndim == len(axes) else value
