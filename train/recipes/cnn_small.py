"""The smallest of three CNNs for lung infections at 48×48: three convolutions, no batch normalisation.

Healthy, type 1 and type 2, some 250 radiographs: the classroom's task. `cnn_medium` and `cnn_deep` are its siblings;
all three go through the same ten epochs of rmsprop, ended by two without a lower validation loss.

Command:
    lungwatch-train fit DATA --recipe cnn_small --run runs/small    # RGB; gray with --channels 1

Training images are translated, rescaled and turned, but not mirrored as they are elsewhere: a mirrored chest has its
heart on the wrong side, which is a finding by itself (situs inversus), and no flipped image will ever be met.
`--augment flip=0.5` mirrors half of them all the same.

Reached:
    accuracy 0.86 (0.76–0.93) on 66 test images of lung3; 0.2 minutes on 2 busy cores, one seed
"""

from functools import partial

from train.backbones.plain import plain
from train.classifier import Head
from train.learning.augmentation import CLASSIC
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="cnn_small",
    summary="lung infections, smallest of three: three convolutions, a run within a minute",
    input=InputSpec(height=48, width=48, channels=3, geometry="stretch"),
    backbone=partial(plain, widths=(16, 32, 64), momentum=None),
    head=Head(dropout=0.25),
    stages=(Stage("all layers", epochs=10, learning_rate=3e-3, optimizer="rmsprop", schedule="constant"),),
    batch_size=12,
    augmentation=CLASSIC,
    average=0.9,  # over half an epoch: with so few images single steps of rmsprop throw the scores about
    monitor="val_loss",
    patience=2,
    parameters=23_714,
)
