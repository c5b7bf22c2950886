"""The model of a recipe: its backbone, and the head that all recipes share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xray.errors import SetupError

if TYPE_CHECKING:
    import tf_keras as keras

    from train.recipe import Recipe

HEAD_LAYERS = ("hidden", "hidden_norm", "hidden_activation", "features", "embedding", "dropout", "scores")
"""All that stands on the backbone, by name and in order; the first three only where the head has a hidden layer."""
ACTIVATIONS = ("relu", "elu", "selu", "gelu", "swish")
"""Of the hidden layer. Not tanh: TensorFlow 2.21 fuses it with the batch normalisation before it on CPUs, and then has no
kernel for that ("Fusion is not implemented: [FusedBatchNorm,Tanh]")."""


@dataclass(frozen=True)
class Head:
    """What stands on a backbone: perhaps a hidden layer, then pooling, dropout and the layer of scores.

    The hidden dense layer is applied at every place of the feature map (a 1×1 convolution) *before* pooling, not after
    it: so the scores stay a mean over places, and the class activation map stays exact (Zhou et al., CVPR 2016,
    section 2). Softmax is left to whoever reads the scores: a temperature goes in between.
    """

    width: int = 0
    """Of the hidden layer; 0 for none."""
    activation: str = "relu"
    """Of the hidden layer."""
    batch_norm: bool = True
    """In the hidden layer."""
    dropout: float = 0.2
    """Share of the embedding that is left out in training."""


def classifier(recipe: "Recipe", labels: int, weights: str) -> "keras.Model":
    """Build the model of a recipe, of stock layers only.

    Args:
        recipe: Its input, backbone and head.
        labels: Number of labels.
        weights: `none`, `imagenet`, or the path of a file; the backbone says which it takes.

    Returns:
        float32 (N, height, width, channels) in 0..255 to logits (N, labels); with the layers `features` (the last
        feature map), `embedding` (its mean over places) and `scores`.

    Raises:
        SetupError: The weights cannot be had, or the input is too small for the backbone.
    """
    import tf_keras as keras

    spec = recipe.input
    image = keras.Input((spec.height, spec.width, spec.channels), name="image")
    try:
        features = recipe.backbone(image, weights)
    except ValueError as error:
        raise SetupError(
            f"{recipe.name} cannot be built for {spec.height}×{spec.width}×{spec.channels}: {error}"
        ) from error
    model = keras.Model(image, _head(features, recipe.head, labels))
    _regularise(model, recipe.l1, recipe.l2)
    return model


def _head(features: Any, head: Head, labels: int) -> Any:
    import tf_keras as keras

    if head.width:
        features = keras.layers.Conv2D(head.width, 1, use_bias=not head.batch_norm, name="hidden")(features)
        if head.batch_norm:
            features = keras.layers.BatchNormalization(momentum=0.98, name="hidden_norm")(features)
        features = keras.layers.Activation(head.activation, name="hidden_activation")(features)
    features = keras.layers.Activation("linear", name="features")(features)
    embedding = keras.layers.GlobalAveragePooling2D(name="embedding")(features)
    kept = keras.layers.Dropout(head.dropout, name="dropout")(embedding)
    return keras.layers.Dense(labels, name="scores")(kept)


def _regularise(model: "keras.Model", l1: float, l2: float) -> None:
    """Add the size of every kernel to the training loss. Backbones from Keras cannot be told so when they are built."""
    import tf_keras as keras

    if not l1 and not l2:
        return
    penalty = keras.regularizers.L1L2(l1, l2)
    for layer in model.layers:
        for name in ("kernel", "depthwise_kernel"):
            if getattr(layer, name, None) is not None:
                # Read anew at each call: the loss follows the weights.
                layer.add_loss(lambda layer=layer, name=name: penalty(getattr(layer, name)))
