"""Which layers int8 hurts, and how few must stay in float for a file to pass its gate."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from export.gate import NOTHING_ACCEPTED, GateReport, examine
from export.keep_float import Quantizer
from export.profiles import Profile
from export.release import prepare
from export.told import run_file, run_keras
from export.yardstick import Yardstick
from xray.runtime import Predictor

PROBES = 96
"""Shifted images that each layer is tried on: enough to rank layers, few enough for a large network."""
LAYERS = 40
"""Layers tried on all probes; of more, those that saved most on a sixth of them."""
_SIXTH = 6
ATTEMPTS = (0, 1, 2, 3, 5, 8)
"""How many of the worst are left in float, until the gate is content. With more, a float16 file is the better answer."""


@dataclass(frozen=True)
class Layer:
    """What the quantization of one layer and of what flows out of it does."""

    name: str
    readers: tuple[str, ...]
    """The layers that read its output. They are left in float with it: its output is quantized at their door otherwise."""
    error: float
    """The score error (`score_error`) of the file that leaves only these in float."""

    @property
    def left(self) -> tuple[str, ...]:
        return (self.name, *self.readers)


@dataclass(frozen=True)
class Attempt:
    """A file with some layers in float, and what the gate said."""

    left: tuple[str, ...]
    report: GateReport


@dataclass(frozen=True)
class Diagnosis:
    """A run's layers, the worst first, and the files tried."""

    profile: str
    error: float
    """The score error of the file with every layer in int8, on the probes."""
    layers: tuple[Layer, ...]
    untried: tuple[str, ...]
    """Layers that were not tried one by one."""
    attempts: tuple[Attempt, ...]

    @property
    def passing(self) -> Attempt | None:
        """The first attempt that the gate was content with, if any."""
        return next((one for one in self.attempts if one.report.passed), None)


def diagnose(measured: Yardstick, profile: Profile, *, probes: int = PROBES, layers: int = LAYERS) -> Diagnosis:
    """Try each layer in float, with those that read it, then the worst together, more and more of them.

    Layers interact, so that the worst few are a good choice and not proven to be the best one; the gate judges it.

    Raises:
        SetupError: The profile has no int8 layers that could stay in float.
    """
    source = measured.source
    quantizer = Quantizer(source.model, source.sample, profile)
    hard = np.flatnonzero(source.validation.shifted)
    shown = source.validation.images[hard[np.linspace(0, len(hard) - 1, min(probes, len(hard))).astype(int)]]
    wanted = run_keras(source.model, shown).scores

    def error(left: Sequence[str], every: int = 1) -> float:
        predictor = Predictor(quantizer.graph(quantizer.named(left)), pixels=profile.pixels)
        return score_error(wanted[::every], run_file(predictor, shown[::every], "running a trial").scores)

    trials: dict[str, tuple[str, ...]] = {}
    for step in quantizer.steps:
        trials[step.name] = tuple(dict.fromkeys((step.name, *trials.get(step.name, ()), *step.readers)))
    names = list(trials)
    if len(names) > layers:
        # Not by the quantization debugger's own statistic, a layer's error over the scale of its integers: one channel
        # that takes the whole scale makes it small, and was the one fault that it did not see.
        first = {name: error(trials[name], _SIXTH) for name in _told(names, "a first round")}
        names = sorted(names, key=lambda name: first[name])[:layers]
    found = [Layer(name, trials[name][1:], error(trials[name])) for name in _told(names, "leaving one layer in float")]
    ranked = sorted(found, key=lambda layer: layer.error)
    return Diagnosis(
        profile=profile.name,
        error=error([]),
        layers=tuple(ranked),
        untried=tuple(name for name in trials if name not in names),
        attempts=_attempts(measured, profile, quantizer, ranked),
    )


def _attempts(
    measured: Yardstick, profile: Profile, quantizer: Quantizer, ranked: Sequence[Layer]
) -> tuple[Attempt, ...]:
    found: list[Attempt] = []
    for count in ATTEMPTS:
        if count > len(ranked):
            break
        left = tuple(dict.fromkeys(name for layer in ranked[:count] for name in layer.left))
        chosen = quantizer.named(left)
        if len(chosen) == len(quantizer.steps):
            break
        candidate, _ = prepare(measured, profile, left, graph=quantizer.graph(chosen))
        found.append(Attempt(left, examine(candidate, measured, NOTHING_ACCEPTED)))
        if found[-1].report.passed:
            break
    return tuple(found)


def _told(names: Sequence[str], title: str) -> Iterable[str]:
    return tqdm(names, desc=title, unit="layer", leave=False, disable=None)  # type: ignore[no-any-return]


def score_error(wanted: NDArray[np.float32], got: NDArray[np.float32]) -> float:
    """How far the scores are from a straight line through the Keras model's: root mean square, in logits.

    A shift or a stretch of all scores alike is no harm: temperature and thresholds are fitted again on each file. So is
    what all labels of an image have in common, which the softmax takes out.

    Args:
        wanted: Logits of the Keras model, shape (images, labels).
        got: Those of the file.
    """
    before, after = ((scores - scores.mean(axis=1, keepdims=True)).ravel() for scores in (wanted, got))
    slope, offset = np.polyfit(after.astype(np.float64), before, 1)
    return float(np.sqrt(np.mean((slope * after + offset - before) ** 2)))


def table(told: Diagnosis) -> str:
    """Write a diagnosis out."""
    width = max(25, *(len(" + ".join(layer.left)) for layer in told.layers))
    lines = [
        f"{told.profile}, every layer: scores are off by {told.error:.4f} logits (rms, on shifted validation images)",
        "",
        f"{'left in float'.ljust(width)}  error    saved",
    ]
    for layer in told.layers:
        saved = 1 - layer.error / told.error if told.error else 0.0
        lines.append(f"{' + '.join(layer.left).ljust(width)}  {layer.error:.4f}  {saved:+6.1%}")
    if told.untried:
        lines.append(f"and {len(told.untried)} more layers, which saved less on a few images")
    lines += ["", "layers left in float  MB    AUROC    decisions changed  gate"]
    for attempt in told.attempts:
        report = attempt.report
        first, *others = report.faults or ("passed",)
        lines.append(
            f"{len(attempt.left):20d}  {report.size_bytes / 1e6:.2f}  {_worst_drop(report):+.4f}  "
            f"{most_changed(report):17.2%}  {first}{f'; and {len(others)} faults more' if others else ''}"
        )
    return "\n".join(lines)


def advice(told: Diagnosis, run: Path) -> str:
    """Say what to do about it: the line to paste, or that another profile is needed."""
    best = told.passing
    if best is None:
        return (
            f"Even with the {len(told.attempts[-1].left)} worst layers in float {told.profile} does not pass. Try more images "
            "to calibrate on (--calibrate-on DATA) or another profile: float16"
        )
    flags = [part for name in best.left for part in ("--keep-float", name)]
    line = shlex.join(
        ["lungwatch-export", "convert", str(run), "--profile", told.profile, "--out", "MODEL.tflite", *flags]
    )
    return f"{'It passes as it is' if not best.left else 'This passes'}:\n  {line}"


def most_changed(report: GateReport) -> float:
    """The largest share of changed decisions on any set, at any operating point; NaN where the outputs are no numbers."""
    return max((one.changed_decisions for one in report.parity), default=float("nan"))


def _worst_drop(report: GateReport) -> float:
    return min((one.auroc_difference.value for one in report.parity), default=float("nan"))
