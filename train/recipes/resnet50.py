"""ResNet50 at 224 px, RGB, by two strategies: the base frozen and the head trained, then all layers, very slowly.

Command:
    lungwatch-train fit DATA --recipe resnet50 --weights imagenet --run runs/resnet50

The strategies alone, to be held against each other:
    lungwatch-train fit DATA --recipe resnet50 --weights imagenet --stages "frozen base" --run runs/strategy1
    lungwatch-train fit DATA --recipe resnet50 --weights imagenet --stages "all layers" --run runs/strategy2
    lungwatch-train compare runs/strategy1 runs/strategy2

Made for chest diseases of four classes. The well-known set for them takes its COVID-19 images from adults and all
others from children: whatever tells the two ages apart looks like a perfect test for COVID-19.

Reached:
    from nothing, at 128 px: accuracy 0.63 (strategy 1) and 0.24 (strategy 2) on 68 test images of covid4; 0.2 and 9
    minutes on 2 busy cores, one seed
"""

from train.backbones.resnet import resnet50
from train.classifier import Head
from train.learning.augmentation import CLASSIC
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="resnet50",
    summary="two strategies: base frozen, or all layers at a very small learning rate",
    input=InputSpec(height=224, width=224, channels=3, geometry="stretch"),
    backbone=resnet50,
    head=Head(dropout=0.5),
    stages=(
        Stage("frozen base", epochs=15, learning_rate=1e-3, frozen=1.0, optimizer="adam", cached=True),
        Stage("all layers", epochs=10, learning_rate=1e-5, optimizer="adam", schedule="constant"),
    ),
    batch_size=16,
    augmentation=CLASSIC,
    patience=5,
    parameters=23_591_810,
)
