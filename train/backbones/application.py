"""A backbone out of `keras.applications`, for gray or RGB input, from ImageNet weights, a file, or nothing."""

from pathlib import Path
from typing import Any

import numpy as np

from train.backbones.scaling import SCALINGS
from xray.errors import SetupError


def application(
    name: str, image: Any, weights: str, scaling: str, *, momentum: float | None = None, **options: Any
) -> Any:
    """Build a Keras application on an image.

    With one channel the first convolution's kernel is summed over its input channels: identical on gray pictures,
    where every channel is scaled alike, at a third of the work.

    Args:
        name: Of the function in `keras.applications`.
        image: Keras tensor, float32 (N, height, width, channels) in 0..255.
        weights: `none`, `imagenet` (Keras's download) or the path of an .h5 without top.
        scaling: A name of `SCALINGS`: what the published weights expect.
        momentum: For its batch normalisation, in place of Keras's; None leaves it.
        options: For the application.

    Returns:
        The last feature map.

    Raises:
        SetupError: The weights cannot be had, or belong to another model.
    """
    import tf_keras as keras

    build = getattr(keras.applications, name)
    scaled = SCALINGS[scaling](image)
    backbone = build(include_top=False, weights=None, input_tensor=scaled, **options)
    if weights != "none":
        backbone.set_weights(_published(build, name, image.shape, weights, options))
    for layer in backbone.layers:
        if momentum is not None and isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum
    return backbone.output


def _published(
    build: Any, name: str, shape: tuple[int | None, ...], weights: str, options: dict[str, Any]
) -> list[Any]:
    """Load an application's weights for colour pictures, and sum the first kernel where the input is gray."""
    if weights != "imagenet" and not Path(weights).is_file():
        raise SetupError(f"the weights {weights} are not there; expected none, imagenet, or the path of an .h5 file")
    try:
        source = build(include_top=False, weights=weights, input_shape=(*shape[1:3], 3), **options)
    except Exception as error:
        # Keras raises a bare Exception where a download fails, and ValueError or OSError where a file does not fit.
        if weights == "imagenet":
            raise SetupError(
                f"the ImageNet weights could not be downloaded ({error}); fetch that file elsewhere and give its path "
                "as --weights, or --weights none"
            ) from error
        raise SetupError(f"the weights {weights} cannot be loaded into {name} {options or ''}: {error}") from error
    values: list[Any] = source.get_weights()
    if shape[-1] == 1:
        values[0] = np.sum(values[0], axis=2, keepdims=True)
    return values
