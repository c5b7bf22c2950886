"""What a sweep tries, keeps, survives and says."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.drawn import write_classes
from train.changes import Changes, changed
from train.commands import fit
from train.commands.sweep import command
from train.learning import features
from train.learning.progress import Row
from train.recipe import load, names
from train.report.sweep import remarks, write
from train.sweep import Settings, set_up, sweep
from train.sweep.plan import Outcome, Plan, fit_command
from train.sweep.space import Axis, axes, changes, start
from train.sweep.study import Study
from xray.errors import SetupError

BATCHES, OPTIMIZERS = Axis("batch_size", (8, 16)), Axis("optimizer", ("adam", "rmsprop", "sgd"))
PLAN = Plan("cnn", Changes(epochs=3), "none", "drawn", "digest", (40, 8), 0, "shifted_auroc", 3, (BATCHES, OPTIMIZERS))


def row(value: float, epoch: int = 1) -> Row:
    return {"epoch": epoch, "shifted_auroc": value, "shifted_accuracy": 0.5, "shifted_loss": 1.0}


@pytest.mark.parametrize("name", names())
def test_every_recipe_has_options_worth_varying_and_its_own_values_are_among_them(name: str) -> None:
    recipe = load(name)
    varied = axes(recipe, "imagenet", {}, Changes())
    own = start(recipe, varied)
    assert own is not None
    assert {"learning_rate", "batch_size", "dropout", "augment"} <= {axis.name for axis in varied}
    assert ("frozen" in own) == (len(recipe.stages) == 1)
    assert changed(recipe, changes(Changes(), own)) == recipe
    for axis in varied:
        for value in axis.values or axis.span or ():
            changed(recipe, changes(Changes(), {axis.name: value}))


def test_what_makes_no_sense_for_a_recipe_is_left_out() -> None:
    plain = {axis.name for axis in axes(load("cnn"), "none", {}, Changes(batch_size=8))}
    assert plain == {"learning_rate", "head_width", "dropout", "augment", "optimizer"}
    headed = {axis.name for axis in axes(load("mobilenet_rgb"), "imagenet", {}, Changes())}
    assert {"frozen", "activation"} <= headed
    for asked, fixed, words in (
        ({"frozen": ()}, Changes(), "give --weights"),
        ({"activation": ()}, Changes(), "no hidden layer"),
        ({"colour": ()}, Changes(), "expected some of learning-rate, batch-size"),
        ({"dropout": ()}, Changes(dropout=0.1), "exclude each other"),
    ):
        with pytest.raises(SetupError, match=words):
            axes(load("cnn"), "none", asked, fixed)
    with pytest.raises(SetupError, match="give --stages with one of them"):
        axes(load("mobilenet"), "imagenet", {"frozen": ()}, Changes())
    both = axes(load("cnn"), "none", {"head_width": (), "activation": ("relu", "elu")}, Changes())
    assert both == (Axis("head_width", (64, 128, 256)), Axis("activation", ("relu", "elu")))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sweep") / "data"
    write_classes(root / "train", count=12)
    write_classes(root / "test", count=4, first_seed=500)
    return root


@pytest.fixture(scope="module")
def swept(data: Path) -> Study:
    """Two real trials, of which one fails."""
    fixed = Changes(epochs=1, size=32, batch_size=8, optimizer="sgd")
    settings = Settings(
        "cnn", data, data.parent / "study", trials=9, vary={"learning_rate": (1e-3, 1e30)}, fixed=fixed, workers=1
    )
    return sweep(settings)


def test_a_trial_whose_loss_is_no_number_is_told_and_survived(swept: Study, data: Path) -> None:
    fine, failed = swept.outcomes()
    assert (fine.state, failed.state) == ("finished", "failed")
    assert "lower the learning rate" in failed.reason
    assert swept.best() == fine
    assert 0 <= fine.kept["shifted_auroc"] <= 1
    page = write(swept, str(data)).read_text()
    assert "lower the learning rate" in page
    assert "--learning-rate 0.001" in page


def test_nothing_of_a_trial_stays_on_disk_but_its_figures(swept: Study) -> None:
    write(swept, "data")
    kept = {path.name for path in swept.folder.rglob("*") if path.is_file()}
    page = {"sweep.html", "sweep.json", "course.svg", "course.png", "slices.svg", "slices.png"}
    assert kept == {"lock", "study.db"} | page
    assert swept.folder.stat().st_mode & 0o077 == 0


def test_test_images_choose_nothing(swept: Study, data: Path) -> None:
    _, bench = set_up(
        Settings("cnn", data, swept.folder, vary={"learning_rate": (1e-3, 1e30)}, fixed=swept.plan.fixed, workers=1)
    )
    assert bench.lesson.test is None
    assert swept.plan.images == (22, 2)


@pytest.mark.slow
def test_features_of_a_frozen_backbone_are_computed_once_for_all_trials(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled, fill = [], features._fill
    monkeypatch.setattr(features, "_fill", lambda *given: (filled.append(1), fill(*given)))
    fixed = Changes(stages=("features",), epochs=1, size=32, batch_size=8)
    settings = Settings(
        "mobilenet_transfer", data, tmp_path / "s", 2, vary={"dropout": (0.0, 0.3)}, fixed=fixed, workers=1
    )
    assert [one.state for one in sweep(settings).outcomes()] == ["finished"] * 2
    assert len(filled) == 1
    assert not (tmp_path / "s" / "features").exists()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_processes_try_at_the_same_time(data: Path, tmp_path: Path) -> None:
    settings = Settings(
        "mobilenet_transfer", data, tmp_path / "study", trials=3, jobs=2, vary={"dropout": (0.0, 0.3, 0.5)},
        fixed=Changes(stages=("features",), epochs=1, size=32, batch_size=8), workers=1,
    )  # fmt: skip
    study = sweep(settings)
    assert [one.state for one in study.outcomes()] == ["finished"] * 3


def test_the_command_told_trains_with_the_best_values() -> None:
    plan = replace(
        PLAN, fixed=Changes(epochs=3, stages=("all layers",), l2=1e-4), weights="some dir/w.h5", allow_leakage=True
    )
    point = {"batch_size": 16, "optimizer": "sgd", "learning_rate": 0.0012345, "augment": "weak", "frozen": 0.5}
    words = shlex.split(fit_command(plan, point, "my data"))
    assert words[:3] == ["lungwatch-train", "fit", "my data"]
    told = fit.command.make_context("fit", words[2:]).params
    assert told["weights"] == "some dir/w.h5" and told["allow_leakage"] is True
    assert told["epochs"] is None
    assert (told["batch_size"], told["learning_rate"], told["augment"], told["frozen"]) == (16, 0.00123, ("weak",), 0.5)
    assert (told["stages"], told["l2"], told["optimizer"]) == (("all layers",), 1e-4, "sgd")


def outcome(number: int, value: float, batch: int = 8) -> Outcome:
    return Outcome(number, "finished", {"batch_size": batch}, value, 0, "", row(value), 1.0, 1)


def test_what_is_said_of_the_best_is_held_against_noise_and_the_recipes_own_values() -> None:
    own, other = {"batch_size": 8}, outcome(1, 0.956, 16)
    told = " ".join(remarks(PLAN, [outcome(0, 0.950), other], other, own))
    assert "2 of 2 finished trials lie within that of the best: the sweep cannot tell these apart" in told
    assert "0.0060 behind: that is no difference" in told
    assert "One of the 8 validation images more or less right is 12.5\N{NO-BREAK SPACE}% of accuracy" in told
    far = outcome(2, 0.99, 16)
    told = " ".join(remarks(PLAN, [outcome(0, 0.950), other, far], far, own))
    assert "0.0400 behind the best" in told
    assert "with another seed came out up to 0.0340 apart" in told
    told = " ".join(remarks(PLAN, [outcome(0, 0.950)], outcome(0, 0.950), own))
    assert "nothing to change" in told and "1 finished trial, each" in told


def test_values_are_read_as_the_options_of_fit_read_them() -> None:
    words = [
        "cnn",
        "data",
        "--study",
        "s",
        "--vary",
        "batch-size=8,16",
        "--vary",
        "activation=relu,elu",
        "--vary",
        "dropout",
    ]
    told = command.make_context("sweep", words).params["vary"]
    assert told == {"batch_size": (8, 16), "activation": ("relu", "elu"), "dropout": ()}
    with pytest.raises(Exception, match="'sine' is not one of"):
        command.make_context("sweep", [*words, "--vary", "activation=sine"])


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delitem(sys.modules, "train.sweep.study")
    with pytest.raises(SetupError, match=r"pip install 'lungwatch\[sweep\]'"):
        import train.sweep.study  # noqa: F401
