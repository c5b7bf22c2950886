"""DenseNet121 at 224 px, RGB: the base frozen, a dense layer with dropout trained on it by Adam.

Command:
    lungwatch-train fit DATA --recipe densenet121 --weights imagenet --run runs/densenet121

How much of the base rests is an option: `--frozen 0.8` lets its last fifth learn, from pictures then; while all of it
rests, its features are computed once.
"""

from functools import partial

from train.backbones.densenet import densenet
from train.classifier import Head
from train.learning.augmentation import CLASSIC
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="densenet121",
    summary="pre-trained DenseNet121, frozen (--frozen says how much) under a dense layer",
    input=InputSpec(height=224, width=224, channels=3, geometry="stretch"),
    backbone=partial(densenet, depth=121),
    head=Head(width=256, dropout=0.5),
    stages=(
        Stage("head", epochs=15, learning_rate=1e-3, frozen=1.0, optimizer="adam", schedule="constant", cached=True),
    ),
    batch_size=7,
    augmentation=CLASSIC,
    average=0.99,  # batches of seven are noisy
    monitor="val_loss",
    patience=3,
    parameters=7_301_186,
)
