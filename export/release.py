"""Make a model file: convert, run, compare, calibrate again, seal, and only then write."""

import contextlib
import datetime
import hashlib
import importlib.metadata
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from export.convert import convert
from export.parity import Parity, compare, finite, run_file, run_keras
from export.profiles import Profile
from export.source import Source, read
from xray import model_file
from xray.calibration import Outputs, calibrate
from xray.card import Card, GoldenCase, Result
from xray.errors import SetupError
from xray.phantom import draw
from xray.runtime import Predictor

_LIBRARIES = ("tensorflow", "ai-edge-litert")
_GOLDEN = ((1, False), (1, True), (2, False), (2, True))


class GateFailed(Exception):
    """The exported file is worse than its bounds allow; nothing was written. The message says how, and what to try."""


@dataclass(frozen=True)
class Release:
    """A model file that passed its gate."""

    path: Path
    size_bytes: int
    sha256: str
    parity: tuple[Parity, ...]
    card: Card


def release(run: Path, profile: Profile, out: Path) -> Release:
    """Turn a run into a model file.

    The thresholds, the temperature and the limits in its card are fitted on the very file that is written.

    Raises:
        SetupError: The run is not whole, or the file cannot be written.
        GateFailed: The file is not as good as its Keras model, within the profile's bounds.
    """
    source = read(run)
    graph = convert(source.model, source.sample, profile)
    predictor = Predictor(graph)
    told = run_file(predictor, source.images, "running the exported file")
    sampled = run_file(predictor, source.sample, "running it on the sample")
    if not (finite(told) and finite(sampled)):
        raise GateFailed("the exported file gives NaN or infinite outputs; nothing was written. Try another profile")
    hard = source.shifted
    card, arrays = calibrate(
        source.card,
        Outputs(told.scores[hard], told.embeddings[hard], source.labels[hard]),
        sampled.embeddings,
        f"{source.card.calibrated_on}, scored by this file",
    )
    parity = compare(source, run_keras(source.model, source.images), told, card)
    faults = [fault for one in parity for fault in one.faults(profile.bounds)]
    if faults:
        raise GateFailed(
            f"the {profile.name} file is worse than its Keras model; nothing was written:\n  " + "\n  ".join(faults)
        )
    card = replace(
        card,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        profile=profile.name,
        graph_sha256=hashlib.sha256(graph).hexdigest(),
        golden=tuple(_golden(predictor, card, seed, opacity=opacity) for seed, opacity in _GOLDEN),
        results=tuple(_results(parity)),
        versions={**card.versions, **{f"{name} (export)": importlib.metadata.version(name) for name in _LIBRARIES}},
    )
    content = model_file.pack(graph, card, arrays)
    _check(content, predictor, source)
    _write(out, content)
    return Release(out, len(content), hashlib.sha256(content).hexdigest(), parity, card)


def _golden(predictor: Predictor, card: Card, seed: int, *, opacity: bool) -> GoldenCase:
    pixels = draw(seed, opacity=opacity, height=card.input.height, width=card.input.width)
    image = np.repeat(pixels[:, :, np.newaxis], card.input.channels, axis=2)
    return GoldenCase(seed, opacity, tuple(float(score) for score in predictor.predict(image).scores))


def _results(parity: tuple[Parity, ...]) -> list[Result]:
    results = []
    for one in parity:
        results.append(Result("AUROC", one.data, one.auroc_file.value, one.auroc_file.low, one.auroc_file.high))
        results.append(Result("AUROC drop against the Keras model", one.data, one.auroc_drop))
        results.append(Result("changed decisions against the Keras model", one.data, one.changed_decisions))
    return results


def _check(content: bytes, predictor: Predictor, source: Source) -> None:
    """Read the sealed bytes back and run them: the card must not have touched the graph."""
    sealed = Predictor(model_file.unpack(content).content)
    for image in source.images[:8]:
        before, after = predictor.predict(image), sealed.predict(image)
        if not all(np.array_equal(getattr(before, name), getattr(after, name)) for name in vars(before)):
            raise GateFailed("the file gives other outputs with its card inside than without; nothing was written")


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
