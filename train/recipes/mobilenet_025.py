"""MobileNet V1 0.25 at 128 px, gray: the smallest, for devices that have little; the student of `--teacher`.

Command:
    lungwatch-train fit DATA --recipe mobilenet_025 --weights mobilenet_0_25_128_imagenet_notop.h5 --run runs/small

From a teacher, whose run is given:
    lungwatch-train fit DATA --recipe mobilenet_025 --weights … --teacher runs/reference --run runs/student

Reached:
    AUROC 0.998, shifted 0.991, on the 559 validation images of kermany that chose the epoch; 15.7 minutes on 2 busy
    cores, one seed
"""

from functools import partial

from train.backbones.mobilenet import mobilenet
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="mobilenet_025",
    summary="MobileNet V1 0.25: the smallest, for weak devices; learns from a --teacher",
    input=InputSpec(height=128, width=128, channels=1, geometry="stretch"),
    backbone=partial(mobilenet, alpha=0.25),
    stages=(
        Stage("head", epochs=1, learning_rate=3e-3, frozen=1.0),
        Stage("all layers", epochs=17, learning_rate=1e-3),
    ),
    parameters=218_914,
)
