import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.drawn import write_classes
from train.evaluate import evaluate, measure
from train.run import Run
from xray.card import Card
from xray.errors import SetupError


def test_a_run_is_measured_and_drawn(run: Run, drawn: Path, tmp_path: Path) -> None:
    text = evaluate(run.folder, drawn, split="all", out=tmp_path, workers=1)
    told = json.loads((tmp_path / "metrics.json").read_text())
    assert told["images"] == 48
    assert f"{told['auroc']['value']:.4f}" in text
    assert np.sum(told["confusion"]) == 48
    assert (tmp_path / "evaluation.png").stat().st_size > 10_000


def test_foreign_labels_and_empty_splits_are_told(run: Run, drawn: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no images in the split 'test'"):
        evaluate(run.folder, drawn, split="test", out=None, workers=1)
    other = write_classes(tmp_path / "data", count=1)
    (other / "clear").rename(other / "cloudy")
    with pytest.raises(SetupError, match="does not know: cloudy"):
        evaluate(run.folder, other, split="all", out=None, workers=1)
    with pytest.raises(SetupError, match="neither a model file nor a finished run"):
        evaluate(tmp_path, drawn, split="all", out=None, workers=1)


def test_figures_are_those_of_the_definitions(run: Run) -> None:
    card = Card.from_json(run.card.read_text())
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300)
    positive = np.clip(rng.normal(0.3 + 0.4 * labels, 0.25), 0, 1)
    shares = np.stack([1 - positive, positive], axis=1)
    told = measure(card, shares, labels, np.arange(300), data="d", digest="")
    assert told.auroc.value == pytest.approx(roc_auc_score(labels, positive))
    assert told.auroc.low < told.auroc.value < told.auroc.high
    threshold = card.operating_points[0].threshold
    assert told.accuracy.value == pytest.approx(((positive >= threshold) == labels).mean())
    assert told.operating_points[1].sensitivity.value == pytest.approx((positive[labels == 1] >= 0.5).mean())
