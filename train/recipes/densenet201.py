"""DenseNet201 at 224 px, RGB, in the two stages of `densenet161`; its weights are Keras's download.

Command:
    lungwatch-train fit DATA --recipe densenet201 --weights imagenet --run runs/densenet201
"""

from dataclasses import replace
from functools import partial

from train.backbones.densenet import densenet
from train.recipes.densenet161 import RECIPE as WIDE

RECIPE = replace(
    WIDE,
    name="densenet201",
    summary="as densenet161, from weights that Keras downloads; the deepest",
    backbone=partial(densenet, depth=201),
    parameters=18_325_826,
)
