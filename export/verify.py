"""Verifying a model file: is it whole, does its card fit its graph, does this machine compute what its maker's did."""

import importlib.metadata
import platform
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export.loading import SERVED, load, pixels
from xray import golden, model_file
from xray.card import Card
from xray.decide import decide
from xray.errors import SetupError
from xray.model_file import ModelFile
from xray.runtime import Predictor


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and what was found."""

    passed: bool
    sentence: str
    """For the people who run the device."""


def verify(path: Path, sha256: str | None = None) -> tuple[Check, ...]:
    """Look at everything that can be known of a model file without a radiograph.

    Runs the graph: call it in a child (`export.child`).

    Args:
        path: The model file.
        sha256: What `sha256sum` must say of it, in hexadecimal, where its maker told you.

    Raises:
        SetupError: The file is no model of ours, not whole, of another schema, or cannot be loaded: nothing can be
            checked.
    """
    file = model_file.read(path)
    if sha256 is not None and sha256.strip().lower() != file.sha256:
        raise SetupError(
            f"{path} is not the file you expect: its sha256 is {file.sha256}, expected {sha256.strip().lower()}; "
            "get it again from its maker"
        )
    told = " as you expect" if sha256 else ""
    whole = Check(True, f"the file is whole: its seal is unbroken; sha256 {file.sha256}{told}")
    predictor = load(file)
    faults = _faults(file, predictor)
    if faults:
        return whole, Check(False, f"its card does not fit its graph: {'; '.join(faults)}; ask its maker for another")
    card = file.card
    fits = f"its card (schema {card.schema}) can be read and fits its graph: {card.name} {card.version}, {card.profile}"
    served = "" if pixels(card) == SERVED else f"; it takes {pixels(card)} pixels, so a worker does not serve it"
    return whole, Check(True, f"{fits}, {', '.join(card.labels)}{served}"), _golden(card, predictor)


def _golden(card: Card, predictor: Predictor) -> Check:
    where = f"LiteRT {importlib.metadata.version('ai-edge-litert')}, {platform.machine()}"
    away = golden.largest_difference(predictor, card)
    if away is None:
        return Check(
            False,
            f"it runs on this machine ({where}), but its card holds no golden cases: nothing proves that it computes "
            "here what it computed where it was made; export it again",
        )
    figures = (
        f"{len(card.golden)} drawn radiographs, scores at most {away:.3f} apart, {golden.ALLOWED_DIFFERENCE} allowed"
    )
    if away > golden.ALLOWED_DIFFERENCE:
        return Check(
            False,
            f"this machine ({where}) does not compute what the maker's did ({figures}): do not use the model here; "
            "bring LiteRT and Pillow to the versions on the card, and tell the maker",
        )
    return Check(True, f"this machine ({where}) computes what the maker's did: {figures}")


def _faults(file: ModelFile, predictor: Predictor) -> list[str]:
    """Say what of the card cannot be true of this graph, or at all."""
    card, count = file.card, len(file.card.labels)
    spec = card.input
    shape = (spec.height, spec.width, spec.channels)
    found = {
        f"the card says an input of {shape}, the graph has {predictor.input_shape}": predictor.input_shape != shape,
        f"{count} labels, expected two or more, all different": count < 2 or len(set(card.labels)) < count,
        f"the positive label {card.positive!r} is not among the labels": card.positive not in (None, *card.labels),
        f"the temperature is {card.temperature}, expected more than 0": not 0 < card.temperature < float("inf"),
        "an operating point without a positive label": bool(card.operating_points) and card.positive is None,
        "a threshold that is no probability": any(not 0 <= one.threshold <= 1 for one in card.operating_points),
        "a golden case that cannot be drawn": any(case.seed < 0 for case in card.golden),
        "golden cases with other labels": any(len(case.scores) != count for case in card.golden),
    }
    return [fault for fault, true in found.items() if true] or _undecided(file, predictor)


def _undecided(file: ModelFile, predictor: Predictor) -> list[str]:
    """Do with a black image what a worker does with every radiograph."""
    told = predictor.predict(np.zeros(predictor.input_shape, np.uint8))
    try:
        decide(told, file.card, file.arrays, file.card.operating_point())
    except (ValueError, KeyError, IndexError) as error:
        return [f"no decision can be made with it ({error})"]
    if told.cam.shape[-1:] != told.scores.shape:
        return [f"{len(file.card.labels)} labels, maps of shape {told.cam.shape}"]
    return []
