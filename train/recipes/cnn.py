"""A small CNN from scratch, gray, 128 px: for sites without any pre-trained weights, and for demos and tests.

Command:
    lungwatch-train fit DATA --recipe cnn --run runs/cnn

Reached:
    AUROC 0.997, shifted 0.986, on the 559 validation images of kermany that chose the epoch; 10.2 minutes on 2 busy
    cores, one seed
"""

from functools import partial

from train.backbones.plain import plain
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="cnn",
    summary="pneumonia from scratch: plain CNN with L1 and L2, no pre-trained weights needed",
    input=InputSpec(height=128, width=128, channels=1, geometry="stretch"),
    backbone=partial(plain, widths=(16, 32, 64, 96, 128)),
    stages=(Stage("all layers", epochs=15, learning_rate=2e-3),),
    l1=1e-6,
    l2=1e-5,
    parameters=190_674,
)
