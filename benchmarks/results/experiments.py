"""Every training whose figures are published, as the commands that make it."""

from dataclasses import dataclass
from itertools import product

WEIGHTS = "DATA/weights"
KERMANY = "DATA/kermany"
LUNG3 = "runs/lung3-clean.csv"
COVID4 = "DATA/covid4"


@dataclass(frozen=True)
class Experiment:
    """One run: its name is its folder in `runs/`."""

    name: str
    recipe: str
    data: str
    """With DATA for the folder that LUNGWATCH_DATA names."""
    options: str = ""
    split: str = "test"
    """Which images it is measured on."""

    @property
    def command(self) -> str:
        return f"lungwatch-train fit {self.data} --recipe {self.recipe} {self.options} --run runs/{self.name}".replace(
            "  ", " "
        )


@dataclass(frozen=True)
class Sweep:
    """One sweep: its name is its folder in `runs/`."""

    name: str
    recipe: str
    data: str
    options: str

    @property
    def command(self) -> str:
        return f"lungwatch-train sweep {self.recipe} {self.data} --study runs/{self.name} {self.options}"


CLEAN_LUNG3 = f"lungwatch-train look DATA/lung3 --clean {LUNG3}"
"""Leaves out the training images that have a near-duplicate among the test images, and contradicting labels."""

_PNEUMONIA = "--about models/pneumonia.about.json"
_HALF, _QUARTER = (f"--weights {WEIGHTS}/mobilenet_0_{name}_imagenet_notop.h5" for name in ("5_160", "25_128"))
_WHOLE = f"--weights {WEIGHTS}/mobilenet_1_0_224_imagenet_notop.h5"
_V2 = f"--weights {WEIGHTS}/mobilenet_v2_1_0_224_imagenet_notop.h5"

CLASSROOM = tuple(
    Experiment(f"lung3-{recipe}-{words}", recipe, LUNG3, f"--channels {channels}")
    for recipe, (words, channels) in product(("cnn_small", "cnn_medium", "cnn_deep"), (("rgb", 3), ("gray", 1)))
)
TRANSFER = (
    Experiment("lung3-mobilenet_rgb", "mobilenet_rgb", LUNG3, _WHOLE),
    Experiment("lung3-mobilenet_rgb-gray", "mobilenet_rgb", LUNG3, f"--channels 1 {_WHOLE}"),
    Experiment("lung3-mobilenet_v2", "mobilenet_v2", LUNG3, f"--channels 3 --batch-size 12 {_V2}"),
    Experiment("lung3-mobilenet_v3_small", "mobilenet_v3_small", LUNG3, "--channels 3 --batch-size 12"),
)
PNEUMONIA = (
    Experiment("cnn", "cnn", KERMANY, _PNEUMONIA, split="val"),
    Experiment("transfer", "mobilenet_transfer", KERMANY, f"{_HALF} {_PNEUMONIA}", split="val"),
    Experiment("resnet_small", "resnet_small", KERMANY, _PNEUMONIA, split="val"),
    Experiment("mobilenet_025", "mobilenet_025", KERMANY, f"{_QUARTER} {_PNEUMONIA}", split="val"),
    Experiment("student", "mobilenet_025", KERMANY, f"{_QUARTER} --teacher runs/reference {_PNEUMONIA}", split="val"),
)
STRATEGIES = (
    # At 128 px and for six epochs, because a ResNet50 is slow on two cores; without weights it would not get far anyway.
    Experiment("covid4-resnet50-1", "resnet50", COVID4, '--size 128 --stages "frozen base"'),
    Experiment("covid4-resnet50-2", "resnet50", COVID4, '--size 128 --epochs 6 --stages "all layers"'),
    Experiment("covid4-mobilenet-1", "mobilenet_transfer", COVID4, f"--stages features --batch-size 16 {_HALF}"),
    Experiment(
        "covid4-mobilenet-2", "mobilenet_transfer", COVID4, f"--stages fine-tuning --frozen 0 --batch-size 16 {_HALF}"
    ),
)
SWEEPS = (
    Sweep(
        "sweep-mobilenet_rgb",
        "mobilenet_rgb",
        LUNG3,
        f"--vary batch-size=8,16,32 --vary activation=relu,elu,swish --trials 9 {_WHOLE}",
    ),
    Sweep("sweep-cnn", "cnn", KERMANY, "--vary optimizer --vary learning-rate --size 64 --epochs 3 --trials 12"),
)
EXPERIMENTS = (*CLASSROOM, *TRANSFER, *PNEUMONIA, *STRATEGIES)
