"""MobileNet V1 0.5 at 160 px, gray: the recipe of the reference model.

Command:
    lungwatch-train fit DATA --recipe mobilenet --weights mobilenet_0_5_160_imagenet_notop.h5 --run runs/reference

Reached:
    AUROC 0.998, shifted 0.997, on the 559 validation images of kermany that chose the epoch; 17 to 21 minutes a
    seed on 2 busy cores, three seeds
"""

from functools import partial

from train.backbones.mobilenet import mobilenet
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="mobilenet",
    summary="the reference model: MobileNet V1 0.5, small and fast, holds its scores as int8",
    input=InputSpec(height=160, width=160, channels=1, geometry="stretch"),
    backbone=partial(mobilenet, alpha=0.5),
    stages=(
        Stage("head", epochs=1, learning_rate=3e-3, frozen=1.0),
        Stage("all layers", epochs=17, learning_rate=1e-3),
    ),
    parameters=830_274,
)
