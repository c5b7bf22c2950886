"""ResNet18 at 224 px, RGB, in the manner that users of edge devices know from NVIDIA's jetson-inference.

Command:
    lungwatch-train fit DATA --recipe resnet18 --weights resnet18.safetensors --model-dir runs/resnet18 \
        --batch-size 8 --workers 2 --epochs 35

Momentum, weight decay and the defaults of these options are those of its train.py (github.com/dusty-nv/
pytorch-classification). Three things are not. The rate begins at 0.01, not 0.1: that was set for ImageNet and batches
of 256. It falls along a cosine. And nothing is mirrored, but cropped as widely as there; `--augment flip=0.5` mirrors.
The epoch kept is the one that tells shifted validation images apart best; `--monitor val_accuracy` keeps theirs.
"""

from train.backbones.torchvision import resnet18
from train.recipe import Recipe, Stage
from xray.card import InputSpec

RECIPE = Recipe(
    name="resnet18",
    summary="as jetson-inference trains it: --model-dir, --batch-size, --workers, --epochs",
    input=InputSpec(height=224, width=224, channels=3, geometry="stretch"),
    backbone=resnet18,
    stages=(Stage("all layers", epochs=35, learning_rate=0.01, optimizer="sgd"),),
    batch_size=8,
    balance="none",
    l2=5e-5,  # the gradient of this penalty is PyTorch's weight decay of 1e-4, which counts half the square
    parameters=11_187_138,
)
