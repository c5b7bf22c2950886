"""MobileNet V1 1.0 at 224 px, RGB: a pre-trained base that rests, under a hidden layer that learns.

Command:
    lungwatch-train fit DATA --recipe mobilenet_rgb --weights imagenet --run runs/mobilenet_rgb

Its sweep, whether batch size and activation matter:
    lungwatch-train sweep mobilenet_rgb DATA --weights imagenet --trials 20

The base's features are computed once (four times 100 KB for each training image, kept in the run while it trains), so
that an epoch takes seconds. `--frozen 0.5` lets half of the base learn, from pictures then.

Reached:
    accuracy 0.77 (0.66–0.86) on 66 test images of lung3; 0.2 minutes on 2 busy cores, one seed
"""

from functools import partial

from train.backbones.mobilenet import mobilenet
from train.classifier import Head
from train.learning.augmentation import CLASSIC
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="mobilenet_rgb",
    summary="pre-trained MobileNet V1 1.0, only its head trained: few images, little time",
    input=InputSpec(height=224, width=224, channels=3, geometry="stretch"),
    backbone=partial(mobilenet, alpha=1.0),
    head=Head(width=128, activation="relu", batch_norm=True, dropout=0.5),
    stages=(
        Stage(
            "head",
            epochs=10,
            learning_rate=1e-3,
            frozen=1.0,
            optimizer="rmsprop",
            schedule="constant",
            cached=True,
        ),
    ),
    batch_size=32,
    augmentation=CLASSIC,
    average=0.9,
    monitor="val_loss",
    patience=2,
    parameters=3_360_706,
)
