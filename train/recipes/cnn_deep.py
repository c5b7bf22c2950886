"""The deepest of three CNNs for lung infections at 48×48: twelve convolutions, a hidden layer, and most dropout.

`cnn_small` tells of the task, and why no image is mirrored.

Command:
    lungwatch-train fit DATA --recipe cnn_deep --run runs/deep    # RGB; gray with --channels 1

Reached:
    accuracy 0.82 (0.71–0.89) on 66 test images of lung3; 0.7 minutes on 2 busy cores, one seed
"""

from dataclasses import replace
from functools import partial

from train.backbones.plain import plain
from train.classifier import Head
from train.recipe import Stage
from train.recipes.cnn_small import RECIPE as SMALL

RECIPE = replace(
    SMALL,
    name="cnn_deep",
    summary="lung infections, deepest of three: twelve convolutions, a hidden layer",
    backbone=partial(plain, widths=(24, 48, 96, 192), each=3, dropout=0.2, momentum=0.9),
    head=Head(width=128, dropout=0.5),
    stages=(Stage("all layers", epochs=10, learning_rate=1e-3, optimizer="rmsprop", schedule="constant"),),
    parameters=1_129_322,
)
