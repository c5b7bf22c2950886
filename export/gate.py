"""The gate between a converter and the world: run the file, compare, and say yes or no with reasons."""

from dataclasses import dataclass, replace

from export.latency import median_ms
from export.operations import Operations, analyze
from export.parity import Parity, Side, compare
from export.profiles import Bounds, Profile
from export.told import Told
from export.yardstick import Yardstick
from xray.card import Card
from xray.runtime import Predictor


@dataclass(frozen=True)
class Accepted:
    """Bounds that somebody raised by a named flag, knowing better; None keeps the profile's."""

    auroc_drop: float | None = None
    changed_decisions: float | None = None
    correlation: float | None = None

    def bounds(self, usual: Bounds) -> Bounds:
        return replace(usual, **{name: value for name, value in vars(self).items() if value is not None})

    def notes(self, usual: Bounds) -> tuple[str, ...]:
        """Say it for the card."""
        return tuple(
            f"accepted by --accept-{name.replace('_', '-')} {value:g}, where the gate of its profile asks for "
            f"{getattr(usual, name):g}"
            for name, value in vars(self).items()
            if value is not None
        )


NOTHING_ACCEPTED = Accepted()


@dataclass(frozen=True)
class GateReport:
    """Everything that the gate found out about one file."""

    model: str
    profile: str
    passed: bool
    faults: tuple[str, ...]
    advice: tuple[str, ...]
    """What to try where it failed."""
    notes: tuple[str, ...]
    """What was not usual about the export; goes into the card."""
    bounds: Bounds
    size_bytes: int
    """Of the graph, without the card."""
    latency_ms: float
    """Median for one image on one thread, on the machine that exported it."""
    size_ratio: float | None
    """To the same run as float32; None where that was not made. Likewise below."""
    latency_ratio: float | None
    """Measured side by side."""
    operations: Operations
    parity: tuple[Parity, ...]
    """Plain and shifted, for each set; empty where the outputs are no numbers."""


@dataclass(frozen=True)
class Candidate:
    """A converted file on its way through the gate."""

    graph: bytes
    profile: Profile
    notes: tuple[str, ...]
    predictor: Predictor
    card: Card
    """Calibrated on this very file, where its outputs are finite."""
    told: tuple[Told, ...]
    """About each of the yardstick's sets."""
    finite: bool
    """Whether every output for every image was a number, those of the calibration sample too."""


def examine(candidate: Candidate, yardstick: Yardstick, accepted: Accepted) -> GateReport:
    """Compare a candidate with its Keras model."""
    profile, card = candidate.profile, yardstick.source.card
    bounds, operations = accepted.bounds(profile.bounds), analyze(candidate.graph)
    parity: tuple[Parity, ...] = ()
    if candidate.finite:
        pairs = zip(yardstick.sets, yardstick.told, candidate.told, strict=True)
        parity = tuple(
            one
            for images, keras, file in pairs
            for one in compare(images, Side(keras, card), Side(file, candidate.card))
        )
    faults = [fault for one in parity for fault in one.faults(bounds)]
    if not candidate.finite:
        faults.append("it gives NaN or infinite outputs")
    if profile.edge_tpu and operations.off_edge_tpu:
        faults.append(f"the Edge TPU compiler does not map {', '.join(operations.off_edge_tpu)}")
    latency, size_ratio, latency_ratio = _costs(candidate, yardstick.float_graph)
    return GateReport(
        model=f"{card.name} {card.version}",
        profile=profile.name,
        passed=not faults,
        faults=tuple(faults),
        advice=_advice(profile) if faults else (),
        notes=(*candidate.notes, *accepted.notes(profile.bounds)),
        bounds=bounds,
        size_bytes=len(candidate.graph),
        latency_ms=latency,
        size_ratio=size_ratio,
        latency_ratio=latency_ratio,
        operations=operations,
        parity=parity,
    )


def _costs(candidate: Candidate, float_graph: bytes | None) -> tuple[float, float | None, float | None]:
    if float_graph is None:
        return median_ms([candidate.predictor])[0], None, None
    own, other = median_ms([candidate.predictor, Predictor(float_graph)])
    return own, len(candidate.graph) / len(float_graph), own / other


def _advice(profile: Profile) -> tuple[str, ...]:
    found = []
    if profile.may_keep_float:
        found.append("`lungwatch-export diagnose RUN` finds the layers to leave in float by --keep-float")
    if profile.activations != "float32":
        found.append("more images to calibrate on: --calibrate-on DATA")
    if profile.instead:
        found.append(f"another profile: {' or '.join(profile.instead)}")
    found.append("if you know that it does no harm: --accept-changed-decisions and its like; the card will say so")
    return tuple(found)
