"""Make a model file: convert, run, compare, calibrate again, seal, and only then write."""

import contextlib
import datetime
import hashlib
import importlib.metadata
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.convert import convert
from export.gate import NOTHING_ACCEPTED, Accepted, Candidate, GateReport, examine
from export.parity import Parity
from export.profiles import Profile
from export.source import Source, read
from export.told import run_file
from export.yardstick import Yardstick, yardstick
from xray import model_file
from xray.calibration import Outputs, calibrate
from xray.card import Card, GoldenCase, Result
from xray.errors import SetupError
from xray.phantom import draw
from xray.runtime import Predictor

_LIBRARIES = ("tensorflow", "ai-edge-litert")
_GOLDEN = ((1, False), (1, True), (2, False), (2, True))

Arrays = dict[str, NDArray[np.float32]]


class GateFailed(Exception):
    """The exported file is worse than its bounds allow; nothing was written. The message says how, and what to try."""

    def __init__(self, report: GateReport) -> None:
        faults, advice = "\n  ".join(report.faults), "\n  ".join(report.advice)
        super().__init__(
            f"the {report.profile} file is worse than its Keras model; nothing was written:\n  {faults}\nTry:\n  {advice}"
        )
        self.report = report


@dataclass(frozen=True)
class Release:
    """A model file that passed its gate."""

    path: Path
    size_bytes: int
    sha256: str
    report: GateReport
    card: Card


def release(run: Path, profile: Profile, out: Path, *, keep_float: Sequence[str] = ()) -> Release:
    """Turn a run into a model file, as the profile says and with nothing else to compare on than the run has.

    Raises:
        SetupError: The run is not whole, or the file cannot be written.
        GateFailed: The file is not as good as its Keras model, within the profile's bounds.
    """
    return publish(yardstick(read(run)), profile, out, keep_float=keep_float)


def publish(
    measured: Yardstick,
    profile: Profile,
    out: Path,
    *,
    keep_float: Sequence[str] = (),
    more_calibration: NDArray[np.uint8] | None = None,
    accepted: Accepted = NOTHING_ACCEPTED,
) -> Release:
    """Make a model file from a run that was read already.

    The thresholds, the temperature and the limits in its card are fitted on the very file that is written.

    Args:
        measured: The run, and what the file is compared with.
        profile: How to quantize.
        out: Where to write.
        keep_float: Patterns of layers that stay in float.
        more_calibration: Images to calibrate on besides the run's sample; uint8, shape (N, H, W, C).
        accepted: Bounds of the gate that are raised.

    Raises:
        SetupError: The file cannot be written, or a pattern fits no layer.
        GateFailed: The file is not as good as its Keras model.
    """
    source = measured.source
    candidate, arrays = prepare(measured, profile, keep_float, more_calibration)
    report = examine(candidate, measured, accepted)
    if not report.passed:
        raise GateFailed(report)
    predictor = candidate.predictor
    card = replace(
        candidate.card,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        profile=profile.name,
        graph_sha256=hashlib.sha256(candidate.graph).hexdigest(),
        golden=tuple(_golden(predictor, candidate.card, seed, opacity=opacity) for seed, opacity in _GOLDEN),
        results=tuple(_results(report.parity)),
        notes=report.notes,
        versions={
            **source.card.versions,
            **{f"{name} (export)": importlib.metadata.version(name) for name in _LIBRARIES},
        },
    )
    content = model_file.pack(candidate.graph, card, arrays)
    _check(content, predictor, profile, source)
    _write(out, content)
    return Release(out, len(content), hashlib.sha256(content).hexdigest(), report, card)


def prepare(
    measured: Yardstick,
    profile: Profile,
    keep_float: Sequence[str] = (),
    more_calibration: NDArray[np.uint8] | None = None,
    graph: bytes | None = None,
) -> tuple[Candidate, Arrays]:
    """Convert (or take a graph that was), run over all sets, and calibrate; says nothing on whether it is any good."""
    source = measured.source
    sample = source.sample if more_calibration is None else np.concatenate([source.sample, more_calibration])
    graph = graph or convert(source.model, sample, profile, keep_float)
    predictor = Predictor(graph, pixels=profile.pixels)
    told = tuple(run_file(predictor, one.images, f"running the exported file on {one.name}") for one in measured.sets)
    sampled = run_file(predictor, source.sample, "running it on the sample")
    finite = sampled.finite and all(one.finite for one in told)
    card, arrays = source.card, Arrays()
    if finite:
        own, hard = told[0], source.validation.shifted
        card, arrays = calibrate(
            source.card,
            Outputs(own.scores[hard], own.embeddings[hard], source.validation.labels[hard]),
            sampled.embeddings,
            f"{source.card.calibrated_on}, scored by this file",
        )
    return Candidate(
        graph, profile, _notes(profile, keep_float, more_calibration), predictor, card, told, finite
    ), arrays


def _notes(profile: Profile, keep_float: Sequence[str], more: NDArray[np.uint8] | None) -> tuple[str, ...]:
    notes = [f"layers left in float: --keep-float {pattern}" for pattern in keep_float]
    if more is not None:
        notes.append(f"calibrated on {len(more)} images besides the run's own sample: --calibrate-on")
    if not profile.served:
        notes.append(f"made for other runtimes: its input is {profile.pixels}, and a worker does not serve it")
    return tuple(notes)


def _golden(predictor: Predictor, card: Card, seed: int, *, opacity: bool) -> GoldenCase:
    pixels = draw(seed, opacity=opacity, height=card.input.height, width=card.input.width)
    image = np.repeat(pixels[:, :, np.newaxis], card.input.channels, axis=2)
    return GoldenCase(seed, opacity, tuple(float(score) for score in predictor.predict(image).scores))


def _results(parity: tuple[Parity, ...]) -> list[Result]:
    results = []
    for one in parity:
        file, difference = one.auroc_file, one.auroc_difference
        results.append(Result("AUROC", one.data, file.value, file.low, file.high))
        # High and low change places: the drop is the difference with its sign turned.
        results.append(
            Result("AUROC drop against the Keras model", one.data, one.auroc_drop, -difference.high, -difference.low)
        )
        for point, share in one.changed.items():
            results.append(Result(f"changed decisions against the Keras model ({point})", one.data, share))
    return results


def _check(content: bytes, predictor: Predictor, profile: Profile, source: Source) -> None:
    """Read the sealed bytes back and run them: the card must not have touched the graph."""
    sealed = Predictor(model_file.unpack(content).content, pixels=profile.pixels)
    for image in source.validation.images[:8]:
        before, after = predictor.predict(image), sealed.predict(image)
        if not all(np.array_equal(getattr(before, name), getattr(after, name)) for name in vars(before)):
            raise AssertionError("the file gives other outputs with its card inside than without; nothing was written")


def _write(out: Path, content: bytes) -> None:
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        os.replace(temporary, out)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise SetupError(f"the model file {out} cannot be written: {error.strerror}") from error
