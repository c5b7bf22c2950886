"""MobileNet V3 small at 160 px, gray: the newest of its line, and the hardest on whole numbers.

Command:
    lungwatch-train fit DATA --recipe mobilenet_v3_small --weights imagenet --run runs/v3

Its hard-swish reaches from -3/8 up without end, and squeeze-and-excitation multiplies whole channels by each other's
mean: eight bits for a tensor hold both badly. Export with a profile other than int8 where the gate says so.

Reached:
    accuracy 0.39 (0.28–0.52) on 66 test images of lung3; 2.5 minutes on 2 busy cores, one seed
"""

from train.backbones.mobilenet import mobilenet_v3_small
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="mobilenet_v3_small",
    summary="MobileNet V3 small: few operations; plain int8 may not pass the gate",
    input=InputSpec(height=160, width=160, channels=1, geometry="stretch"),
    backbone=mobilenet_v3_small,
    stages=(
        Stage("head", epochs=1, learning_rate=3e-3, frozen=1.0),
        Stage("all layers", epochs=14, learning_rate=5e-4),
    ),
    parameters=939_986,
)
