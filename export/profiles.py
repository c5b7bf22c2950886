"""Quantization profiles: one entry each."""

from dataclasses import dataclass

from xray.errors import SetupError


@dataclass(frozen=True)
class Bounds:
    """What an exported file may lose against its Keras model before it is not written."""

    auroc_drop: float
    """On the plain and on the shifted validation images."""
    changed_decisions: float
    """Share of images on the other side of the default operating point (or, with more labels, of another most likely
    label), likewise; each side decides by its own card."""
    correlation: float
    """Smallest Pearson correlation of the scores, of the maps and of the embeddings."""


@dataclass(frozen=True)
class Profile:
    """How a graph is quantized, and what it is for."""

    name: str
    summary: str
    quantized: bool
    """Whether weights and activations become int8, with ranges from the calibration sample."""
    bounds: Bounds


PROFILES = (
    Profile(
        "float32",
        "no quantization: the reference, and what to fall back on",
        quantized=False,
        bounds=Bounds(auroc_drop=1e-4, changed_decisions=0.001, correlation=0.9999),
    ),
    Profile(
        "int8",
        "8-bit weights (per channel) and activations: CPUs and edge devices; a third of the size",
        quantized=True,
        bounds=Bounds(auroc_drop=0.003, changed_decisions=0.015, correlation=0.97),
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
