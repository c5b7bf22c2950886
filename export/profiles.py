"""Quantization profiles: one entry each. `lungwatch-export profiles` prints them.

Not offered: weights of 4 bits (ai-edge-quantizer 0.10, a scale for each channel, depthwise and dense layers at 8 bits). A
sixth of float32's size, but the MobileNet lost 0.058 AUROC and 16 % of its decisions, the small CNN 3.9 %, a ResNet50
0.027 AUROC: none passed the gate of int8.
"""

from dataclasses import dataclass

from xray.errors import SetupError


@dataclass(frozen=True)
class Bounds:
    """What an exported file may lose against its Keras model before it is not written."""

    auroc_drop: float
    """On the plain and on the shifted images of each set."""
    changed_decisions: float
    """Share of images on the other side of an operating point (or, with more labels, of another most likely label),
    likewise, for each operating point; each side decides by its own card."""
    correlation: float
    """Smallest Pearson correlation of the scores, of the maps and of the embeddings."""


@dataclass(frozen=True)
class Profile:
    """How a graph's numbers are stored and computed, what that is good for and what it costs."""

    name: str
    purpose: str
    """What it is for."""
    cost: str
    avoid: str
    """When not to use it."""
    measured: str
    """On the reference run (MobileNet V1 0.5, plain and shifted validation) by `lungwatch-export all runs/reference`."""
    bounds: Bounds
    weights: str = "float32"
    """As they are stored: `float32`, `float16` or `int8`."""
    activations: str = "float32"
    """As they are computed: `float32`, `int8` or `int16`; the integers with ranges from the calibration sample."""
    pixels: str = "uint8"
    """What the input `image` takes. Workers serve `uint8` only; all else is for other runtimes."""
    edge_tpu: bool = False
    """Whether every operation must be one that the Edge TPU compiler maps."""
    instead: tuple[str, ...] = ()
    """What to try where a run fails this profile's gate."""

    @property
    def served(self) -> bool:
        """Whether `lungwatch-worker` can serve the file."""
        return self.pixels == "uint8"

    @property
    def may_keep_float(self) -> bool:
        """Whether single layers can be left in float."""
        return self.activations == "int8" and not self.edge_tpu


_EXACT = Bounds(auroc_drop=1e-4, changed_decisions=0.001, correlation=0.9999)
_CLOSE = Bounds(auroc_drop=0.001, changed_decisions=0.005, correlation=0.999)
_INT8 = Bounds(auroc_drop=0.003, changed_decisions=0.015, correlation=0.97)

PROFILES = (
    Profile(
        "float32",
        purpose="the reference that others are measured against, and what to fall back on",
        cost="the largest file, and the slowest on most processors",
        avoid="int8 passes its gate",
        measured="3.27 MB; AUROC and decisions as the Keras model's",
        bounds=_EXACT,
    ),
    Profile(
        "float16",
        purpose="GPUs (TFLite's GPU delegate computes in float16 anyway), and half the download",
        cost="next to no accuracy; on a CPU the weights are widened at load, so neither memory nor time is saved there",
        avoid="it runs on a CPU: int8 is smaller and faster",
        measured="0.51 of float32's size, 1.0 of its latency; AUROC unchanged, 0.4 % of the decisions changed",
        bounds=_CLOSE,
        weights="float16",
    ),
    Profile(
        "dynamic",
        purpose="a small file without a calibration sample; large convolutional networks on a CPU",
        cost="activations are quantized anew for each image: hardly faster than float32, and slower on MobileNetV2",
        avoid="int8 passes its gate",
        measured="0.28 of the size, 0.94 of the latency; AUROC -0.0001, 0.8 % of the decisions",
        bounds=_INT8,
        weights="int8",
        instead=("int8", "float16"),
    ),
    Profile(
        "int8",
        purpose="CPUs and edge devices: what a worker serves unless there is a reason",
        cost="ranges are fixed by the calibration sample, and single layers may suffer: `diagnose` finds them",
        avoid="the gate refuses it even with --keep-float, or it runs on a GPU",
        measured="0.30 of the size, 0.69 of the latency; AUROC -0.0004, 1.3 % of the decisions",
        bounds=_INT8,
        weights="int8",
        activations="int8",
        instead=("dynamic", "float16"),
    ),
    Profile(
        "int8-float-io",
        purpose="other runtimes and microcontrollers whose code hands over float pixels, 0..255",
        cost="as int8; four times the bytes at the input",
        avoid="a worker shall serve it: its input is uint8, and it refuses this file",
        measured="as int8",
        bounds=_INT8,
        weights="int8",
        activations="int8",
        pixels="float32",
        instead=("dynamic", "float16"),
    ),
    Profile(
        "int16x8",
        purpose="accelerators with 16-bit activations; a proof that int8 activations are what hurts",
        cost="no fast kernels on CPUs: many times slower than float32 there",
        avoid="it runs on a CPU",
        measured="0.32 of the size, 80 times the latency; AUROC -0.0002, 0.7 % of the decisions",
        bounds=_INT8,
        weights="int8",
        activations="int16",
        instead=("float16",),
    ),
    Profile(
        "int8-edgetpu",
        purpose="Coral's Edge TPU: only operations that its compiler maps, one scale for each dense layer",
        cost="as int8; the compiler comes from Coral and runs on x86-64 Linux only",
        avoid="there is no Edge TPU: int8 is at least as exact",
        measured="as int8 on a CPU; on an Edge TPU never: nobody here has one, nor its compiler",
        bounds=_INT8,
        weights="int8",
        activations="int8",
        edge_tpu=True,
        instead=("int8",),
    ),
)


def profile(name: str) -> Profile:
    """Return a profile by its name.

    Raises:
        SetupError: There is none of this name.
    """
    for known in PROFILES:
        if known.name == name:
            return known
    raise SetupError(f"there is no profile {name!r}; there are: {', '.join(known.name for known in PROFILES)}")
