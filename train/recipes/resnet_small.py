"""A small residual network from scratch, gray, 128 px: for sites that cannot have any pre-trained weights.

Command:
    lungwatch-train fit DATA --recipe resnet_small --run runs/resnet_small    # up to --size 160

Reached:
    AUROC 0.997, shifted 0.990, on the 559 validation images of kermany that chose the epoch; 23.4 minutes on 2 busy
    cores, one seed
"""

from train.backbones.resnet import resnet_small
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="resnet_small",
    summary="residual network from scratch, up to --size 160: no pre-trained weights needed",
    input=InputSpec(height=128, width=128, channels=1, geometry="stretch"),
    backbone=resnet_small,
    stages=(Stage("all layers", epochs=20, learning_rate=2e-3, weight_decay=1e-3),),
    parameters=393_146,
)
