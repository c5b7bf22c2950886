"""What a model says about single radiographs, and what can be shown of why: finding, activation maps, layers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from train.explain.cam import maps, overlay
from train.explain.reading import Refusal, View, view
from train.measuring.scoring import open_model, scorer
from xray.decide import Finding, decide
from xray.errors import SetupError
from xray.runtime import Prediction, Predictor

if TYPE_CHECKING:  # a .tflite file is explained without TensorFlow
    from train.explain.layers import Activations, Inside

_BATCH = 16


@dataclass(frozen=True)
class Evidence:
    """What speaks for one label, place by place. In units of the scores, without what all labels have in common."""

    label: str
    overlay: NDArray[np.uint8]
    """The map over the radiograph in the model's geometry, shape (rows, columns, 3); one scale for all labels."""
    places: float
    """Mean of the map: what the places say together."""
    rest: float
    """What the score holds besides, whatever the picture: the bias of the last layer."""


@dataclass(frozen=True)
class Explanation:
    """One radiograph, answered."""

    view: View
    finding: Finding
    evidence: tuple[Evidence, ...]
    """One for each label."""
    layers: tuple["Activations", ...]
    """Empty for an exported file."""


class Explainer:
    """A model, opened for looking inside.

    Args:
        location: A run, or an exported file, which tells its maps and scores but shows no layers.
        layers: Names of layers to show; none takes a handful spread over the depth.

    Raises:
        SetupError: It is neither, or it has not these layers.
    """

    def __init__(self, location: Path, layers: Sequence[str] = ()) -> None:
        self.card, self._model, self._arrays = open_model(location)
        self._score = scorer(self._model)
        self.inside: Inside | None = None
        if isinstance(self._model, Predictor):
            if layers:
                raise SetupError(
                    f"{location} is an exported file: nothing shows its layers; give the run that it was made from, or "
                    "leave --layers out"
                )
        else:
            from train.explain import layers as explain_layers

            self.inside = explain_layers.Inside(self._model, layers)

    def explain(self, paths: Sequence[Path]) -> Iterator[Explanation | Refusal]:
        """Explain files, in their order, under a progress bar."""
        with tqdm(total=len(paths), desc="explaining", unit="image", leave=False, disable=None) as bar:
            for start in range(0, len(paths), _BATCH):
                read = [view(path, self.card.input) for path in paths[start : start + _BATCH]]
                answers = iter(self._answer([one for one in read if isinstance(one, View)]))
                for one in read:
                    yield one if isinstance(one, Refusal) else next(answers)
                    bar.update()

    def _answer(self, views: Sequence[View]) -> list[Explanation]:
        if not views:
            return []
        images = np.stack([one.seen for one in views])
        scores, embeddings = self._score(images)
        found = maps(self._model, images)
        layers = [()] * len(views) if self.inside is None else self.inside.activations(images)
        point = self.card.operating_point()
        return [
            Explanation(
                view=one,
                finding=decide(Prediction(score, cam, embedding), self.card, self._arrays, point),
                evidence=_evidence(self.card.labels, one.large, score, cam),
                layers=shown,
            )
            for one, score, cam, embedding, shown in zip(views, scores, found, embeddings, layers, strict=True)
        ]


def _evidence(
    labels: Sequence[str], image: NDArray[np.uint8], scores: NDArray[np.float32], cam: NDArray[np.float32]
) -> tuple[Evidence, ...]:
    """Split each score into what the places say and the rest, both less the mean over labels, as `cam.maps` does."""
    relative, places = scores - scores.mean(), cam.mean(axis=(0, 1))
    strongest = float(cam.max())
    return tuple(
        Evidence(label, overlay(image, cam[:, :, at], strongest), float(places[at]), float(relative[at] - places[at]))
        for at, label in enumerate(labels)
    )
