import csv
import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from train.changes import with_epochs
from train.data.positive import positive_label
from train.learning import fitting
from train.learning.average import WeightAverage
from train.learning.progress import Progress
from train.recipe import Stage, load
from train.run import Run
from train.training import Settings, train
from xray.card import Card
from xray.errors import SetupError


def history(run: Run) -> list[dict[str, str]]:
    with run.history.open() as lines:
        return list(csv.DictReader(lines))


def test_a_run_holds_what_export_needs(run: Run) -> None:
    card = Card.from_json(run.card.read_text())
    assert card.labels == ("clear", "opacity")
    assert card.positive == "opacity"
    assert [point.name for point in card.operating_points] == ["balanced", "half", "sensitivity95"]
    assert card.versions["tensorflow"]
    model = keras.models.load_model(run.model, compile=False)
    assert {"features", "embedding", "scores"} <= {layer.name for layer in model.layers}
    with np.load(run.sample) as sample, np.load(run.validation) as validation:
        assert sample["images"].dtype == np.uint8
        assert sample["images"].shape[1:] == (128, 128, 1)
        assert validation["shifted"].mean() == pytest.approx(2 / 3)
    told = json.loads(run.recipe.read_text())
    assert told["seed"] == 0
    assert told["data"]["digest"] == card.data.digest
    assert [row["epoch"] for row in history(run)] == ["1", "2"]
    assert (run.report / "report.html").stat().st_size > 50_000


def test_a_finished_run_is_never_trained_over(run: Run, drawn: Path) -> None:
    with pytest.raises(SetupError, match="already holds a finished run"):
        train(load("cnn"), Settings(drawn, run.folder))


def test_an_unfinished_training_is_only_gone_on_with_when_asked(tmp_path: Path, drawn: Path) -> None:
    (tmp_path / "checkpoint").mkdir()
    with pytest.raises(SetupError, match="add --resume"):
        train(load("cnn"), Settings(drawn, tmp_path))


@pytest.mark.slow
def test_a_killed_training_resumes_to_the_same_curve(run: Run, drawn: Path, tmp_path: Path) -> None:
    """Killed for real after its first epoch; every figure of the second equals the uninterrupted run's."""
    folder = tmp_path / "killed"
    command = [sys.executable, "-m", "train", "fit", drawn, "--recipe", "cnn", "--epochs", "2", "--run", folder]
    process = subprocess.Popen([*command, "--workers", "1"], env=os.environ | {"PYTHONPATH": "."})
    deadline = time.monotonic() + 100
    while not Progress.read(folder / "checkpoint").history:
        assert process.poll() is None, "finished before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not Run(folder).card.exists()
    subprocess.run([*command, "--workers", "1", "--resume"], check=True, env=os.environ | {"PYTHONPATH": "."})
    whole, resumed = (history(one) for one in (run, Run(folder)))
    for row, again in zip(whole, resumed, strict=True):
        for column in ("loss", "val_loss", "shifted_auroc"):
            assert float(again[column]) == pytest.approx(float(row[column]), rel=1e-4), column


def test_averaged_weights_are_the_mean_that_the_formula_says() -> None:
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(1,), use_bias=False)])
    average = WeightAverage(model, decay=0.5)
    start = float(model.weights[0][0, 0])
    model.weights[0].assign([[start + 1.0]])
    average.follower()()  # decay min(0.5, 2 / 11)
    average.swap()
    assert float(model.weights[0][0, 0]) == pytest.approx(start + 1 - 2 / 11, abs=1e-5)
    average.swap()
    assert float(model.weights[0][0, 0]) == pytest.approx(start + 1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("labels", "positive"),
    [
        (("NORMAL", "PNEUMONIA"), "PNEUMONIA"),
        (("COVID", "Healthy"), "COVID"),
        (("effusion", "no effusion"), "effusion"),
        (("TB", "non_TB"), "TB"),
        (("a", "b", "c"), None),
    ],
)
def test_the_positive_label_is_the_finding(labels: tuple[str, ...], positive: str | None) -> None:
    assert positive_label(labels) == positive


def test_which_label_is_the_finding_is_asked_where_names_do_not_say() -> None:
    for labels in (("a", "b"), ("normal", "healthy")):
        with pytest.raises(SetupError, match="--positive"):
            positive_label(labels)
    assert positive_label(("a", "b"), "a") == "a"
    with pytest.raises(SetupError, match="expected one of two labels"):
        positive_label(("a", "b"), "c")


@pytest.mark.parametrize("cut", [1, 2])
def test_a_training_cut_off_between_or_within_stages_resumes_to_the_same_curve(
    cut: int, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped right after an epoch is saved, by an error out of the line that tells of it."""
    cnn = load("cnn")
    recipe = replace(
        cnn,
        input=replace(cnn.input, height=32, width=32),
        stages=(Stage("head", 1, 1e-3, frozen=1.0), Stage("all layers", 2, 1e-3)),
    )
    whole = history(train(recipe, Settings(drawn, tmp_path / "whole", workers=1)))
    tell = fitting.tell

    def stop(row: dict[str, object], progress: Progress) -> None:
        tell(row, progress)
        if row["epoch"] == cut:
            raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "tell", stop)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, Settings(drawn, tmp_path / "cut", workers=1))
    monkeypatch.undo()
    resumed = history(train(recipe, Settings(drawn, tmp_path / "cut", workers=1, resume=True)))
    for row, again in zip(whole, resumed, strict=True):
        for column in ("stage", "loss", "val_loss", "shifted_auroc"):
            assert again[column] == row[column]


def test_a_resumed_training_must_be_the_one_that_was_begun(drawn: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "recipe.json").write_bytes(run.recipe.read_bytes())
    with pytest.raises(SetupError, match=r"begun with other settings \(data, seed, stages\)"):
        train(with_epochs(load("cnn"), 3), Settings(drawn, tmp_path, seed=5, resume=True))


def test_a_teacher_that_is_no_finished_run_is_told_before_any_work(drawn: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not a finished run"):
        train(load("cnn"), Settings(drawn, tmp_path / "student", teacher=tmp_path / "nobody"))
    assert not (tmp_path / "student" / "recipe.json").exists()


def test_a_run_is_not_mixed_with_other_files(drawn: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("")
    with pytest.raises(SetupError, match="holds other files"):
        train(load("cnn"), Settings(drawn, tmp_path))
    with pytest.raises(SetupError, match="cannot be made"):
        train(load("cnn"), Settings(drawn, tmp_path / "letter.txt"))


def test_a_disk_that_fills_up_is_told_and_leaves_no_run_that_looks_whole(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    recipe = with_epochs(load("cnn_small"), 1)
    monkeypatch.setattr(Run, "write_images", full)
    with pytest.raises(SetupError, match=r"cannot be written .No space left on device.; make room"):
        train(recipe, Settings(drawn, tmp_path / "full", workers=1))
    assert not Run(tmp_path / "full").card.exists()
    monkeypatch.undo()
    assert train(recipe, Settings(drawn, tmp_path / "full", workers=1, resume=True)).card.exists()
