"""Which radiographs a report shows: some of every label, from the least to the most sure, and the worst mistakes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.data.dataset import Example
from xray.card import InputSpec
from xray.decide import Finding
from xray.formats import decode
from xray.preprocess import decode_side, preprocess

EACH = 4
"""Examples of a label."""
MISTAKES = 12
SIDE = 288
"""Pixels of the longer side, at least: what a model sees at 48 pixels tells a reader nothing."""


@dataclass(frozen=True)
class Shown:
    """One radiograph in the report."""

    name: str
    """Of the file."""
    label: str
    found: str
    decision: str
    probabilities: dict[str, float]
    image: NDArray[np.uint8]
    """Shape (H, W), in the geometry that the model sees, larger."""
    overlay: NDArray[np.uint8] | None = None
    """The class activation map of the found label over it, shape (H, W, 3)."""

    @property
    def right(self) -> bool:
        return self.label == self.found


def examples(labels: NDArray[np.int64], findings: Sequence[Finding]) -> list[int]:
    """Choose images of every label at equal steps from the least to the most probable: neither the best nor the worst.

    Args:
        labels: The true label's index, shape (images,).
        findings: One for each image.

    Returns:
        Places in the images, label by label, the least sure first.
    """
    chosen: list[int] = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        sure = [list(findings[int(at)].probabilities.values())[int(label)] for at in members]
        order = members[np.argsort(sure, kind="stable")]
        steps = np.unique(np.linspace(0, order.size - 1, min(EACH, order.size)).round().astype(int))
        chosen += [int(order[step]) for step in steps]
    return chosen


def mistakes(labels: NDArray[np.int64], findings: Sequence[Finding]) -> list[int]:
    """Choose the images whose true label was found least probable of those that were found wrong, the worst first."""
    wrong = []
    for at, (label, finding) in enumerate(zip(labels, findings, strict=True)):
        names, shares = list(finding.probabilities), list(finding.probabilities.values())
        if finding.label != names[label]:
            wrong.append((shares[label], at))
    return [at for _, at in sorted(wrong)[:MISTAKES]]


def show(example: Example, finding: Finding, spec: InputSpec) -> Shown:
    """Decode one image again, larger than the model sees it and in the same geometry."""
    factor = -(-SIDE // max(spec.height, spec.width))
    large = replace(spec, height=factor * spec.height, width=factor * spec.width, channels=1)
    pixels = preprocess(decode(Path(example.path).read_bytes(), at_least=decode_side(large)), large)
    return Shown(
        name=example.path.name,
        label=example.label,
        found=finding.label,
        decision=finding.decision,
        probabilities=finding.probabilities,
        image=pixels[:, :, 0],
    )
