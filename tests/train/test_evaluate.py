import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.cards import make_card
from tests.drawn import write_classes
from train.data.sides import sides
from train.evaluate import evaluate
from train.measuring.measure import measure
from train.measuring.origin import origin
from train.report.text import text
from train.run import Run
from xray.calibration import Outputs
from xray.card import Card
from xray.decide import probabilities
from xray.errors import SetupError


def test_a_run_is_measured_and_drawn(run: Run, drawn: Path, tmp_path: Path) -> None:
    said = evaluate(run.folder, drawn, split="all", out=tmp_path, workers=1)
    told = json.loads((tmp_path / "metrics.json").read_text())
    assert told["images"] == 48
    assert f"{told['auroc']['value']:.4f}" in said
    assert np.sum(told["confusion"]) == 48
    assert (tmp_path / "evaluation.png").stat().st_size > 10_000


def test_a_training_ends_with_a_report_on_images_that_it_did_not_train_on(run: Run) -> None:
    told = json.loads((run.report / "metrics.json").read_text())
    assert told["origin"] == "chosen on"
    assert told["images"] == len(run.read_images()[1].part(shifted=False).labels)
    page = (run.report / "report.html").read_text()
    assert "How it was trained" in page
    assert (run.report / "figures" / "history_loss.svg").is_file()


def test_a_run_and_its_data_say_where_images_come_from(run: Run, drawn: Path, tmp_path: Path) -> None:
    card = Card.from_json(run.card.read_text())
    data = sides(drawn, "val", card, tmp_path, workers=1)
    assert data.digest() == card.data.digest
    assert [origin(card, data, side).value for side in ("train", "val", "all")] == [
        "trained on",
        "chosen on",
        "trained on",
    ]
    other = write_classes(tmp_path / "other", count=4, first_seed=1000)
    assert origin(card, sides(other, "all", card, tmp_path, workers=1), "all").external


def test_foreign_labels_and_empty_splits_are_told(run: Run, drawn: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no images in the split 'test'"):
        evaluate(run.folder, drawn, split="test", out=None, workers=1)
    other = write_classes(tmp_path / "data", count=1)
    (other / "clear").rename(other / "cloudy")
    with pytest.raises(SetupError, match="does not know: cloudy"):
        evaluate(run.folder, other, split="all", out=None, workers=1)
    with pytest.raises(SetupError, match="neither a model file nor a finished run"):
        evaluate(tmp_path, drawn, split="all", out=None, workers=1)


def outputs(count: int, labels: int) -> Outputs:
    """Scores that are right more often than not, and embeddings like any other."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, labels, count)
    scores = rng.normal(size=(count, labels)) + 1.5 * np.eye(labels)[truth]
    return Outputs(scores.astype(np.float32), np.zeros((count, 4), np.float32), truth)


def test_figures_are_those_of_the_definitions(run: Run) -> None:
    card = Card.from_json(run.card.read_text())
    given = outputs(300, 2)
    told = measure(card, {}, given, np.arange(300))
    positive = probabilities(given.scores, card.temperature)[:, 1]
    assert told.auroc.value == pytest.approx(roc_auc_score(given.labels, positive))
    assert told.auroc.low < told.auroc.value < told.auroc.high
    threshold = card.operating_points[0].threshold
    assert told.accuracy.value == pytest.approx(((positive >= threshold) == given.labels).mean())
    assert told.operating_points[1].sensitivity.value == pytest.approx((positive[given.labels == 1] >= 0.5).mean())
    band = card.operating_points[0].uncertain
    assert band is not None
    assert told.uncertain.value == pytest.approx(((positive >= band.low) & (positive < band.high)).mean())
    assert told.patients == 300


def test_three_labels_of_which_one_is_missing_are_measured_on_those_that_are_there() -> None:
    card = replace(make_card(), labels=("a", "b", "c"), positive=None)
    given = outputs(90, 3)
    kept = given.labels != 2
    given = Outputs(given.scores[kept], given.embeddings[kept], given.labels[kept])
    told = measure(card, {}, given, None)
    assert 0.5 < told.auroc.value < 1
    assert told.patients is None
    assert "patients unknown" in text(told)


def test_images_of_one_label_are_nothing_to_measure() -> None:
    given = Outputs(np.zeros((5, 2), np.float32), np.zeros((5, 4), np.float32), np.zeros(5, np.int64))
    with pytest.raises(SetupError, match="all images are of one label"):
        measure(make_card(), {}, given, None)


def test_validation_images_are_never_drawn_again_from_changed_data(run: Run, drawn: Path, tmp_path: Path) -> None:
    """They would hold images that were trained on."""
    evaluate(run.folder, drawn, split="val", out=None, workers=1)
    changed = tmp_path / "changed"
    shutil.copytree(drawn, changed)
    next((changed / "clear").iterdir()).unlink()
    with pytest.raises(SetupError, match="not, or no longer, the data"):
        evaluate(run.folder, changed, split="val", out=None, workers=1)


@pytest.mark.data
@pytest.mark.slow
def test_the_documents_show_what_the_reference_model_measures(data_dir: Path) -> None:
    root = Path(__file__).parents[2]
    shown = json.loads((root / "docs/img/reference/metrics.json").read_text())
    said = evaluate(
        root / "models/pneumonia-mobilenet-int8.tflite", data_dir / "kermany", split="val", out=None, workers=2
    )
    area = shown["auroc"]
    assert f"AUROC     {area['value']:.4f} ({area['low']:.4f}–{area['high']:.4f})" in said
    for row in shown["confusion"]:
        assert re.search(rf"\s{row[0]}\s+{row[1]}\n", said)


def test_a_model_file_is_measured_compared_and_explained_without_tensorflow() -> None:
    used = "train.evaluate, train.comparison, train.report.comparison, train.explain, train.report.explain"
    told = f"import sys, {used}; print(sorted({{'tensorflow', 'tf_keras'}} & set(sys.modules)))"
    asked = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True)
    assert asked.stdout.strip() == "[]"
