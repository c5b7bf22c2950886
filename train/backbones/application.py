"""A backbone out of `keras.applications`, for gray or RGB input, from ImageNet weights, a file, or nothing."""

from typing import TYPE_CHECKING, Any

from train.backbones.pretrained import check_there, pour
from train.backbones.scaling import Scaling
from xray.errors import SetupError

if TYPE_CHECKING:
    import tf_keras as keras

MOMENTUM = 0.98
"""Of the batch statistics. Keras's 0.99 and 0.999 are too slow for the 1,500 steps that fine-tuning has."""


def application(name: str, image: Any, weights: str, scaling: Scaling, **options: Any) -> Any:
    """Build a Keras application on an image.

    Args:
        name: Of the function in `keras.applications`.
        image: Keras tensor, float32 (N, height, width, channels) in 0..255.
        weights: `none`, `imagenet` (Keras's download) or the path of an .h5 without top.
        scaling: What the published weights expect.
        options: For the application.

    Returns:
        The last feature map.

    Raises:
        SetupError: The weights cannot be had, or belong to another model.
    """
    import tf_keras as keras

    build = getattr(keras.applications, name)
    backbone = build(include_top=False, weights=None, input_tensor=scaling(image), **options)
    if weights != "none":
        pour(_published(build, name, image.shape, weights, options), backbone, scaling)
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return backbone.output


def _published(
    build: Any, name: str, shape: tuple[int | None, ...], weights: str, options: dict[str, Any]
) -> "keras.Model":
    """Load an application with its weights for colour pictures."""
    if weights != "imagenet":
        check_there(weights)
    try:
        return build(include_top=False, weights=weights, input_shape=(*shape[1:3], 3), **options)
    except Exception as error:
        # Keras raises a bare Exception where a download fails, and ValueError or OSError where a file does not fit.
        if weights == "imagenet":
            raise SetupError(
                f"the ImageNet weights could not be downloaded ({error}); fetch that file elsewhere and give its path "
                "as --weights, or --weights none"
            ) from error
        raise SetupError(f"the weights {weights} cannot be loaded into {name} {options or ''}: {error}") from error
