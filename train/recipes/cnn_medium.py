"""The middle one of three CNNs for lung infections at 48×48: six convolutions with batch normalisation.

`cnn_small` tells of the task, and why no image is mirrored.

Command:
    lungwatch-train fit DATA --recipe cnn_medium --run runs/medium    # RGB; gray with --channels 1

Reached:
    accuracy 0.88 (0.78–0.94) on 66 test images of lung3; 1.0 minutes on 2 busy cores, one seed
"""

from dataclasses import replace
from functools import partial

from train.backbones.plain import plain
from train.classifier import Head
from train.recipe import Stage
from train.recipes.cnn_small import RECIPE as SMALL

RECIPE = replace(
    SMALL,
    name="cnn_medium",
    summary="lung infections, the middle of three: six convolutions with batch normalisation",
    # An epoch has some twenty steps: statistics that remember 50 would still be the initial ones when patience ends.
    backbone=partial(plain, widths=(32, 64, 128), each=2, dropout=0.1, momentum=0.9),
    head=Head(dropout=0.4),
    stages=(Stage("all layers", epochs=10, learning_rate=1e-3, optimizer="rmsprop", schedule="constant"),),
    parameters=288_610,
)
