"""DenseNet169 at 224 px, RGB, in the two stages of `densenet161`; its weights are Keras's download.

Command:
    lungwatch-train fit DATA --recipe densenet169 --weights imagenet --run runs/densenet169
"""

from dataclasses import replace
from functools import partial

from train.backbones.densenet import densenet
from train.recipes.densenet161 import RECIPE as WIDE

RECIPE = replace(
    WIDE,
    name="densenet169",
    summary="as densenet161, from weights that Keras downloads",
    backbone=partial(densenet, depth=169),
    parameters=12_646_210,
)
