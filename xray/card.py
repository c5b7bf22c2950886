"""The card: what a model says about itself, as frozen dataclasses and as JSON.

It travels inside the .tflite file (see `xray.model_file`). `docs/model-file.md` tells it field by field.
"""

import dataclasses
import json
import types
import typing
from dataclasses import dataclass, field
from typing import Any

from xray.errors import SetupError

SCHEMA = 1


@dataclass(frozen=True)
class InputSpec:
    """What the graph's input `image` expects: uint8, shape (1, height, width, channels), 0..255."""

    height: int
    width: int
    channels: int = 1
    geometry: str = "stretch"
    """`stretch` (aspect ratio given up) or `pad` (kept, centred on black)."""

    def __post_init__(self) -> None:
        if self.geometry not in ("stretch", "pad"):
            raise ValueError(f"geometry: expected stretch or pad, got {self.geometry!r}")
        if self.channels not in (1, 3) or min(self.height, self.width) < 1:
            raise ValueError(f"expected 1 or 3 channels and a positive size, got {self}")


@dataclass(frozen=True)
class Interval:
    """A measured share with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class UncertainBand:
    """Probabilities of the positive label between `low` and `high` are called uncertain."""

    low: float
    high: float
    quantile: float
    """Share of the positives below `low`, and of the negatives above `high`, on the validation images."""


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold on the probability of the positive label, and what it did on the validation images."""

    name: str
    threshold: float
    sensitivity: Interval
    specificity: Interval
    uncertain: UncertainBand | None = None
    """Around the threshold; None where the labels did not overlap."""


@dataclass(frozen=True)
class GoldenCase:
    """A drawn radiograph and the scores that this very file gave for it when it was made."""

    seed: int
    opacity: bool
    scores: tuple[float, ...]


@dataclass(frozen=True)
class TrainingData:
    """Where the model's knowledge comes from."""

    name: str
    licence: str
    source: str
    counts: dict[str, dict[str, int]]
    """Images by split and label."""
    digest: str
    """sha256 over the sorted sha256 of every image, with its label and split."""
    split: str
    """How training and validation were kept apart, in words."""


@dataclass(frozen=True)
class Result:
    """One measured figure."""

    metric: str
    data: str
    """On which images it was measured."""
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Card:
    """Everything that a worker, an auditor or a radiologist must know about a model file."""

    name: str
    version: str
    created: str
    """RFC 3339."""
    labels: tuple[str, ...]
    """In the order of the scores."""
    input: InputSpec
    recipe: str
    seed: int
    data: TrainingData
    positive: str | None = None
    """The label that the operating points speak of; None where there are more than two labels."""
    profile: str = "keras"
    """How the graph was quantized; `keras` for a run that was not exported yet."""
    averaged_seeds: tuple[int, ...] = ()
    """Where the weights are the average of several runs: their seeds."""
    graph_sha256: str = ""
    """sha256 of the graph as the converter wrote it, before the card went in."""
    temperature: float = 1.0
    """Scores are divided by it before the softmax (Guo et al., ICML 2017, section 4.2)."""
    operating_points: tuple[OperatingPoint, ...] = ()
    """The first is the one that a worker uses unless told otherwise."""
    out_of_distribution_limit: float | None = None
    """Largest distance from the training images that still counts as like them; see `xray.distance`."""
    calibrated_on: str = ""
    """On which images temperature, operating points, band and limit were fitted."""
    score_histogram: tuple[int, ...] = ()
    """Validation images by probability of the positive (or most likely) label, in equal bins from 0 to 1."""
    golden: tuple[GoldenCase, ...] = ()
    results: tuple[Result, ...] = ()
    notes: tuple[str, ...] = ()
    """What was not usual about the export: layers left in float, bounds of the gate that were raised."""
    intended_use: str = ""
    population: str = ""
    limits: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    schema: int = SCHEMA

    def operating_point(self, name: str | None = None) -> OperatingPoint | None:
        """Return the operating point of this name, or the first; None where none is asked for and the card has none.

        Raises:
            SetupError: The card holds no such operating point: a threshold is never made up.
        """
        if self.positive is None and name is None:
            return None
        if name is None and self.operating_points:
            return self.operating_points[0]
        for point in self.operating_points:
            if point.name == name:
                return point
        known = ", ".join(point.name for point in self.operating_points) or "none"
        raise SetupError(f"operating point {name!r} is not in the model's card, which holds: {known}")

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Card":
        """Read a card.

        Raises:
            SetupError: Not a card, of another schema, or with fields missing, unknown or of the wrong kind.
        """
        try:
            fields = json.loads(text, parse_constant=_no_constant)
        except ValueError as error:
            raise SetupError(f"the card is not JSON: {error}") from error
        schema = fields.get("schema") if isinstance(fields, dict) else None
        if schema != SCHEMA:
            raise SetupError(
                f"the card has schema {schema!r}, this Lungwatch reads {SCHEMA}; use the Lungwatch that made it"
            )
        try:
            card: Card = _build(cls, fields)
        except (TypeError, ValueError, KeyError) as error:
            raise SetupError(f"the card cannot be read: {error}") from error
        return card


def _build(kind: Any, value: Any) -> Any:
    """Make a value of the annotated kind from what JSON gave, strictly."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        return _build(next(one for one in arguments if one is not type(None)), value)
    shape: Any = dict if dataclasses.is_dataclass(kind) else {tuple: list, dict: dict}.get(origin, object)
    if not isinstance(value, shape):
        raise ValueError(f"expected {shape.__name__}, got {type(value).__name__}")
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        unknown = sorted(set(value) - set(hints))
        if unknown:
            raise ValueError(f"unknown fields {unknown}")
        return kind(**{name: _build(hints[name], given) for name, given in value.items()})  # type: ignore[operator]
    if origin is tuple:
        return tuple(_build(arguments[0], one) for one in value)
    if origin is dict:
        return {key: _build(arguments[1], one) for key, one in value.items()}
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"expected {kind.__name__}, got {value!r}")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")
