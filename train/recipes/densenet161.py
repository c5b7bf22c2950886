"""DenseNet161 at 224 px, RGB, in two stages: the classifier only, then all parameters.

Command:
    lungwatch-train fit DATA --recipe densenet161 --weights densenet161.safetensors --run runs/densenet161

The weights are torchvision's; train/backbones/torch_weights.py tells how to save them. Where one label is rare, three
more copies of each of its images, each augmented by itself, stand beside the originals; `--balance weights` and
`--balance batches` are the other answers.
"""

from train.backbones.torchvision import densenet161
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="densenet161",
    summary="widest DenseNet, from PyTorch's weights; augmented copies of rare labels",
    input=InputSpec(height=224, width=224, channels=3, geometry="stretch"),
    backbone=densenet161,
    stages=(
        Stage("classifier only", epochs=5, learning_rate=1e-3, frozen=1.0, optimizer="adam", cached=True),
        Stage("all parameters", epochs=10, learning_rate=1e-4, optimizer="adam", schedule="exponential"),
    ),
    batch_size=16,
    balance="copies",
    patience=4,
    parameters=26_696_354,
)
