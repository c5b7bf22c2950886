"""MobileNet V2 1.0 at 160 px, gray. Its linear bottlenecks reach far, so plain int8 may fail the gate of export.

Command:
    lungwatch-train fit DATA --recipe mobilenet_v2 --weights mobilenet_v2_1_0_224_imagenet_notop.h5 --run runs/v2

Reached:
    accuracy 0.76 (0.64–0.85) on 66 test images of lung3; 5.1 minutes on 2 busy cores, one seed
"""

from functools import partial

from train.backbones.mobilenet import mobilenet_v2
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="mobilenet_v2",
    summary="MobileNet V2 1.0: larger than mobilenet; plain int8 may not pass the gate",
    input=InputSpec(height=160, width=160, channels=1, geometry="stretch"),
    backbone=partial(mobilenet_v2, alpha=1.0),
    stages=(
        Stage("head", epochs=1, learning_rate=3e-3, frozen=1.0),
        Stage("all layers", epochs=9, learning_rate=5e-4),
    ),
    parameters=2_259_970,
)
