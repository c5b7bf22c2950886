import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from train.learning.soup import NoGain, average
from train.run import Run
from xray.card import Card
from xray.errors import SetupError


def copy(run: Run, to: Path, **changes: object) -> Path:
    """Copy a run, and change what its recipe.json tells."""
    shutil.copytree(run.folder, to)
    told = json.loads((to / "recipe.json").read_text()) | {"weights": "imagenet"} | changes
    (to / "recipe.json").write_text(json.dumps(told))
    return to


def move(folder: Path, amount: float) -> None:
    """Move every weight of a run's last layer."""
    model = keras.models.load_model(folder / "model.keras", compile=False)
    layer = model.get_layer("scores")
    layer.set_weights(
        [
            weights + amount * np.sign(np.sin(np.arange(weights.size))).reshape(weights.shape)
            for weights in layer.get_weights()
        ]
    )
    model.save(folder / "model.keras")


def test_the_average_lies_in_the_middle_and_is_a_whole_run(run: Run, tmp_path: Path) -> None:
    parts = [copy(run, tmp_path / "a"), copy(run, tmp_path / "b", seed=1)]
    move(parts[0], 0.5)
    move(parts[1], -0.5)
    told = average(parts, tmp_path / "mean")
    assert [one.name for one in told] == ["a", "b", "average of 2"]
    mean = keras.models.load_model(tmp_path / "mean" / "model.keras", compile=False)
    middle = keras.models.load_model(run.model, compile=False)
    for one, other in zip(mean.get_weights(), middle.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert Card.from_json((tmp_path / "mean" / "card.json").read_text()).averaged_seeds == (0, 0)


def test_a_run_that_spoils_the_average_is_left_out(run: Run, tmp_path: Path) -> None:
    parts = [copy(run, tmp_path / name, seed=at) for at, name in enumerate("abc")]
    for part, amount in zip(parts, (0.5, 50, -0.5), strict=True):
        move(part, amount)
    assert average(parts, tmp_path / "mean")[-1].name == "average of 2"


def test_where_no_average_gains_nothing_is_written(run: Run, tmp_path: Path) -> None:
    parts = [copy(run, tmp_path / "a"), copy(run, tmp_path / "b")]
    move(parts[1], 50)
    with pytest.raises(NoGain, match="nothing was written"):
        average(parts, tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipe": "other"}, "differ in their recipe"),
        ({"data": {}}, "differ in their data"),
        ({"weights": "else.h5"}, "differ in their weights"),
    ],
)
def test_runs_that_do_not_belong_together_are_told(
    run: Run, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    parts = [copy(run, tmp_path / "a"), copy(run, tmp_path / "b", **changes)]
    with pytest.raises(SetupError, match=words):
        average(parts, tmp_path / "mean")


def test_runs_from_nothing_have_no_average(run: Run, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="do not share a basin"):
        average([copy(run, tmp_path / name, weights="none") for name in "ab"], tmp_path / "mean")
