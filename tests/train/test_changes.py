from dataclasses import fields

import click
import pytest
from click.testing import CliRunner

from train.changes import Changes, changed, with_epochs
from train.learning.augmentation import KINDS, NONE, SETS, STRONG, named
from train.options import changes, recipe_options
from train.recipe import load
from xray.errors import SetupError


def test_epochs_are_shared_out_over_the_stages() -> None:
    recipe = load("mobilenet")
    assert [stage.epochs for stage in with_epochs(recipe, 5).stages] == [1, 4]
    assert [stage.epochs for stage in with_epochs(recipe, 1).stages] == [1]
    assert with_epochs(recipe, 1).stages[0].name == "all layers"


def test_nothing_asked_for_changes_nothing() -> None:
    assert changed(load("mobilenet"), Changes()) == load("mobilenet")


def test_every_change_has_an_option_and_arrives_in_the_recipe() -> None:
    given = {
        "epochs": (7, "7"),
        "stages": (("all layers",), "all layers"),
        "batch_size": (9, "9"),
        "size": (64, "64"),
        "channels": (3, "3"),
        "geometry": ("pad", "pad"),
        "optimizer": ("sgd", "sgd"),
        "learning_rate": (0.5, "0.5"),
        "schedule": ("plateau", "plateau"),
        "weight_decay": (0.1, "0.1"),
        "frozen": (0.5, "0.5"),
        "patience": (3, "3"),
        "monitor": ("val_loss", "val_loss"),
        "head_width": (32, "32"),
        "activation": ("elu", "elu"),
        "dropout": (0.4, "0.4"),
        "l1": (0.01, "0.01"),
        "l2": (0.02, "0.02"),
        "balance": ("copies", "copies"),
        "average": (0.9, "0.9"),
        "augment": (("none",), "none"),
    }
    assert set(given) == {field.name for field in fields(Changes)}

    @click.command()
    @recipe_options
    def command(**options: object) -> None:
        recipe = changed(load("mobilenet"), changes(options))
        assert changes(options) == Changes(**{name: value for name, (value, _) in given.items()})  # type: ignore[arg-type]
        (stage,) = recipe.stages
        assert (stage.epochs, stage.optimizer, stage.learning_rate, stage.schedule) == (7, "sgd", 0.5, "plateau")
        assert (stage.weight_decay, stage.frozen) == (0.1, 0.5)
        spec, head = recipe.input, recipe.head
        assert (spec.height, spec.width, spec.channels, spec.geometry) == (64, 64, 3, "pad")
        assert (head.width, head.activation, head.dropout) == (32, "elu", 0.4)
        assert (recipe.batch_size, recipe.patience, recipe.monitor) == (9, 3, "val_loss")
        assert (recipe.l1, recipe.l2, recipe.balance, recipe.average) == (0.01, 0.02, "copies", 0.9)
        assert recipe.augmentation == NONE

    arguments = [part for name, (_, text) in given.items() for part in ("--" + name.replace("_", "-"), text)]
    CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert CliRunner().invoke(command, arguments).exit_code == 0


def test_other_stages_learning_rates_change_by_the_same_factor() -> None:
    head, whole = changed(load("mobilenet"), Changes(learning_rate=1e-4)).stages
    assert whole.learning_rate == pytest.approx(1e-4)
    assert head.learning_rate == pytest.approx(3e-4)


def test_frozen_speaks_of_the_stages_that_freeze_anything() -> None:
    assert [stage.frozen for stage in changed(load("mobilenet"), Changes(frozen=0.8)).stages] == [0.8, 0.0]
    assert [stage.frozen for stage in changed(load("cnn"), Changes(frozen=0.3)).stages] == [0.3]


def test_a_stage_that_there_is_not_is_told_with_those_that_are() -> None:
    with pytest.raises(SetupError, match="has no stage tail; it has 'head', 'all layers'"):
        changed(load("mobilenet"), Changes(stages=("tail",)))


def test_augmentations_are_applied_one_after_the_other() -> None:
    assert named(STRONG, []) == STRONG
    told = named(STRONG, ["none", "rotation=15", "flip=0.5"])
    assert (told.turn_degrees, told.flip, told.area) == (15.0, 0.5, (1.0, 1.0))
    assert named(STRONG, ["rotation=15", "none"]) == NONE


@pytest.mark.parametrize("name", KINDS)
def test_every_augmentation_does_nothing_at_strength_0_and_something_at_its_most(name: str) -> None:
    assert named(NONE, [f"{name}=0"]) == NONE
    assert named(NONE, [f"{name}={KINDS[name].most}"]) != NONE


@pytest.mark.parametrize("asked", ["rotate=10", "rotation", "rotation=much", "flip=2", "crop=-1", "rotation=nan", ""])
def test_an_augmentation_that_makes_no_sense_is_told(asked: str) -> None:
    with pytest.raises(SetupError, match=r"--augment .*expected"):
        named(NONE, [asked])


def test_no_set_of_augmentations_flips() -> None:
    assert all(one.flip == 0 for one in SETS.values())
