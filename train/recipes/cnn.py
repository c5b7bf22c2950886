"""A small CNN from scratch, gray, 128 px: for sites without any pre-trained weights, and for demos and tests.

Command:
    lungwatch-train fit DATA --recipe cnn --run runs/cnn
"""

import tf_keras as keras

from train.backbones.mobilenet import classifier
from train.recipe import Recipe, Stage
from xray.card import InputSpec
from xray.errors import SetupError

WIDTHS = (16, 32, 64, 96, 128)


def build(spec: InputSpec, labels: int, weights: str) -> keras.Model:
    """Five times convolution, batch normalisation and ReLU, with max pooling between them and more filters each time."""
    if weights != "none":
        raise SetupError(f"the recipe cnn starts from nothing; expected --weights none, got {weights}")
    image = keras.Input((spec.height, spec.width, spec.channels), name="image")
    flow = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(image)
    for number, width in enumerate(WIDTHS):
        flow = keras.layers.Conv2D(width, 3, padding="same", use_bias=False)(flow)
        flow = keras.layers.BatchNormalization(momentum=0.98)(flow)
        flow = keras.layers.ReLU()(flow)
        if number < len(WIDTHS) - 1:
            flow = keras.layers.MaxPooling2D()(flow)
    return classifier(image, flow, labels)


RECIPE = Recipe(
    name="cnn",
    summary="a small CNN from scratch, gray, 128 px: no pre-trained weights needed",
    input=InputSpec(height=128, width=128, channels=1, geometry="stretch"),
    build=build,
    stages=(Stage("all layers", epochs=15, learning_rate=2e-3),),
)
