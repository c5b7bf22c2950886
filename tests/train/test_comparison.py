import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras
from click.testing import CliRunner
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from tests.cards import make_card
from train.cli import cli
from train.comparison import Comparison, Measured, compare
from train.comparison.candidate import Candidate, load_all
from train.comparison.figures import differences, standing
from train.comparison.part import Part, own_validation, read_again
from train.comparison.stages import stages
from train.learning.validation import ValidationSet
from train.measuring import cost
from train.measuring.cost import Cost
from train.measuring.origin import Origin
from train.report.comparison import comparison_json, write_comparison
from train.report.comparison_text import comparison_text
from train.report.training import Training, training
from train.run import Run
from train.statistics import delong, holm
from xray.calibration import operating_points
from xray.card import Card, InputSpec
from xray.decide import probabilities
from xray.errors import SetupError

FREE = Cost(1_000_000, 2_000_000, 4_000_000, 3.0)


def card(labels: int = 2, **changes: object) -> Card:
    """A card of two labels with operating points, or of more without."""
    made = replace(make_card(), temperature=1.5, **changes)
    if labels > 2:
        return replace(made, labels=tuple("abcdef"[:labels]), positive=None)
    shares = np.linspace(0.05, 0.95, 40)
    return replace(made, operating_points=operating_points(shares, shares + 0.2 * np.sin(9 * shares) > 0.5))


def part(models: Sequence[float], labels: int = 2, images: int = 240) -> Part:
    """Scores of models that are as good as they are said to be, on two images of each patient."""
    rng = np.random.default_rng(0)
    truth = np.repeat(rng.integers(0, labels, images // 2), 2)
    noise = rng.normal(size=(images, labels))
    scores = tuple((noise + rng.normal(size=noise.shape) / 4 + good * np.eye(labels)[truth]) for good in models)
    patients = np.arange(images) // 2
    return Part("drawn", truth, patients, True, (Origin.TEST,) * len(models), scores)


def measured(one: Part, own: Card) -> Measured:
    standings = tuple(standing(own, scores, one) for scores in one.scores)
    names = [f"model-{at}" for at in range(len(standings))]
    return Measured(one, standings, differences(names, standings, one, own))


def candidate(name: str, location: Path, own: Card | None = None) -> Candidate:
    """One whose scores are the mean grey of the image's left and right half."""

    def score(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        halves = images.reshape(len(images), images.shape[1], 2, -1).mean(axis=(1, 3)) / 50
        return halves.astype(np.float32), halves.astype(np.float32)

    return Candidate(name, location, own or card(), score)


def kept(folder: Path, side: int = 64, seed: int = 0) -> Path:
    """A folder with validation images as a run has them, and nothing else."""
    rng = np.random.default_rng(seed)
    labels = np.tile(np.repeat([0, 1], 10), 3)
    images = rng.integers(0, 255, (60, side, side, 1)).astype(np.uint8)
    own = ValidationSet(images, labels, np.arange(60) >= 20, np.tile(np.arange(20) // 2, 3))
    folder.mkdir()
    np.savez(folder / "validation.npz", **vars(own))
    return folder


@pytest.fixture(scope="session")
def worse(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same run with noise in its last layer."""
    folder = tmp_path_factory.mktemp("worse") / "cnn-worse"
    shutil.copytree(run.folder, folder)
    model = keras.models.load_model(run.model, compile=False)
    rng = np.random.default_rng(0)
    last = model.layers[-1]
    last.set_weights(
        [value + rng.normal(scale=3 * value.std() + 0.1, size=value.shape) for value in last.get_weights()]
    )
    model.save(folder / "model.keras")
    return Run(folder)


def test_two_runs_are_compared_told_and_drawn(run: Run, worse: Run, tmp_path: Path) -> None:
    """On their own validation images, with costs measured and stages told."""
    told = compare([run.folder, worse.folder], data=None, split=None, workers=1, costs=cost.measure)
    assert [one.part.name for one in told.measured] == ["validation", "validation, shifted"]
    card = Card.from_json(run.card.read_text())
    plain, hard = (one.standings[0].auroc.value for one in told.measured)
    assert (plain, hard) == pytest.approx([result.value for result in card.results])
    text = comparison_text(told, stages=True)
    for expected in ("cnn − cnn-worse", "cnn: all layers", f"{plain:.4f} (", "chosen on these very images"):
        assert expected in text, text
    assert "cnn: all layers" not in comparison_text(told, stages=False)
    write_comparison(told, tmp_path)
    kept = json.loads((tmp_path / "comparison.json").read_text())
    assert kept["measured"][1]["standings"][0]["auroc"]["value"] == pytest.approx(hard)
    assert kept["candidates"][0]["cost"]["parameters"] == keras.models.load_model(run.model).count_params()
    assert (tmp_path / "comparison.png").stat().st_size > 20_000
    assert "<svg" in (tmp_path / "comparison.svg").read_text()
    page = (tmp_path / "comparison.html").read_text()
    assert f"{plain:.4f} (" in page
    assert "cnn-worse: all layers" in page
    assert not re.search(r"<script|\b(src|href)=.?https?:", page), "the page fetches something"


def test_a_data_set_is_read_again_for_every_model(run: Run, worse: Run, drawn: Path) -> None:
    candidates = load_all([run.folder, worse.folder])
    (both,) = read_again(candidates, drawn, "all", workers=1)
    assert both.labels.size == 48
    assert not both.patients_known
    assert both.origins == (Origin.TRAINED, Origin.TRAINED)
    assert both.scores[0].shape == both.scores[1].shape == (48, 2)
    assert not np.allclose(both.scores[0], both.scores[1])


def test_figures_are_those_of_scikit_learn() -> None:
    own, one = card(), part([1.0])
    told = standing(own, one.scores[0], one)
    positive = probabilities(one.scores[0], own.temperature)[:, 1]
    decided = positive >= own.operating_points[0].threshold
    assert told.auroc.value == pytest.approx(roc_auc_score(one.labels, positive))
    assert told.accuracy.value == pytest.approx(accuracy_score(one.labels, decided))
    assert told.log_loss == pytest.approx(log_loss(one.labels, positive))
    assert told.sensitivity is not None
    assert told.specificity is not None
    assert told.sensitivity.value == pytest.approx(decided[one.labels == 1].mean())
    assert told.specificity.value == pytest.approx(1 - decided[one.labels == 0].mean())


def test_of_three_labels_each_is_tested_against_the_rest() -> None:
    told = measured(part([0.5, 2.0], labels=3), card(3))
    (difference,) = told.differences
    assert [one.label for one in difference.delong] == ["a", "b", "c"]
    for index, one in enumerate(difference.delong):
        shares = [standing.shares[:, index] for standing in told.standings]
        assert one.auroc == delong(*shares, told.part.labels == index)
    assert [one.corrected_p for one in difference.delong] == list(holm([one.auroc.p for one in difference.delong]))
    expected = roc_auc_score(told.part.labels, told.standings[0].shares, multi_class="ovr")
    assert told.standings[0].auroc.value == pytest.approx(expected)
    assert told.standings[0].sensitivity is None
    means = [standing.auroc.value for standing in told.standings]
    assert difference.auroc.difference == pytest.approx(means[0] - means[1])


def test_what_chance_explains_is_no_winner_and_what_it_does_not_is_one() -> None:
    told = measured(part([1.0, 1.0, 2.5]), card())
    alike, better, again = told.differences
    assert alike.auroc_corrected_p > 0.05
    assert max(better.auroc_corrected_p, again.auroc_corrected_p) < 0.05
    assert better.auroc.difference < 0
    text = comparison_text(whole(told), stages=False)
    assert "model-2 ranks better than model-0" in text
    assert "model-1 ranks better" not in text


def test_many_are_compared_with_the_first_only_and_corrected_for_their_number() -> None:
    told = measured(part([1.0, 1.2, 1.4, 1.6, 1.8]), card())
    assert [(one.first, one.second) for one in told.differences] == [("model-0", f"model-{at}") for at in range(1, 5)]
    raw = [one.decisions.p for one in told.differences]
    assert [one.decisions_corrected_p for one in told.differences] == list(holm(raw))
    assert len(measured(part([1.0] * 4), card()).differences) == 6


def whole(*parts: Measured, trainings: tuple[Training | None, ...] | None = None) -> Comparison:
    """A comparison around measured parts."""
    count = len(parts[0].standings)
    own = card(parts[0].standings[0].shares.shape[1])
    candidates = tuple(candidate(f"model-{at}", Path(f"model-{at}"), own) for at in range(count))
    return Comparison(candidates, parts, (FREE,) * count, "a processor", trainings or (None,) * count)


def test_a_comparison_of_four_labels_and_seven_models_can_be_drawn_and_told(tmp_path: Path) -> None:
    told = whole(measured(part(np.linspace(0.2, 2, 7).tolist(), labels=4, images=120), card(4)))
    write_comparison(told, tmp_path)
    assert (tmp_path / "comparison.png").stat().st_size > 20_000
    assert "  d " in comparison_text(told, stages=True)


def test_what_cannot_be_told_is_null_in_json() -> None:
    """Two models that separate everything, one the other way round: DeLong knows no variance."""
    labels = np.repeat([0, 1], 10)
    good = np.stack([-labels, labels], axis=1).astype(float) * 8
    one = Part("drawn", labels, np.arange(20), True, (Origin.TEST,) * 2, (good, -good))
    told = json.loads(comparison_json(whole(measured(one, card()))))
    assert told["measured"][0]["differences"][0]["delong"][0]["auroc"]["p"] is None


def test_images_that_stand_unlike_to_the_models_are_no_fair_race() -> None:
    one = replace(part([1.0, 1.0]), origins=(Origin.TRAINED, Origin.OTHER), patients_known=False)
    text = comparison_text(whole(measured(one, card())), stages=False)
    assert "model-0: The model was trained on these very images" in text
    assert "no fair race" in text
    assert "Nobody says whose the images are" in text


def test_stages_are_told_at_their_best_epoch() -> None:
    rows = [
        {"epoch": at, "stage": stage, "seconds": 10, "shifted_loss": loss, "shifted_auroc": 1 - loss, "val_loss": ""}
        for at, (stage, loss) in enumerate([("head", 0.5), ("head", 0.4), ("all", 0.2), ("all", 0.3)], start=1)
    ]
    for monitor in ("shifted_loss", "shifted_auroc"):
        trained = training(rows, {"monitor": monitor})
        assert trained is not None
        head, everything = stages(trained)
        assert (head.name, head.epochs, head.best_epoch, head.seconds) == ("head", 2, 2, 20)
        assert (everything.best_epoch, everything.figures["shifted_loss"]) == (3, 0.2)
        assert "val_loss" not in everything.figures
    told = whole(measured(part([1.0, 1.2]), card()), trainings=(trained, None))
    assert "model-0: head" in comparison_text(told, stages=True)
    assert "model-1: no history" in comparison_text(told, stages=True)


def test_a_model_file_borrows_the_images_of_a_run_of_its_size(tmp_path: Path) -> None:
    file = tmp_path / "model.tflite"
    file.touch()
    run = candidate("run", kept(tmp_path / "run"))
    plain, shifted = own_validation([candidate("file", file), run])
    assert (plain.labels.size, shifted.labels.size) == (20, 40)
    assert np.array_equal(plain.scores[0], plain.scores[1])
    other = candidate("file", file, card(input=InputSpec(32, 32)))
    with pytest.raises(SetupError, match=r"none of the runs given has images of its size.*give --data"):
        own_validation([other, run])


def test_runs_are_only_compared_on_the_same_images(tmp_path: Path) -> None:
    first = candidate("first", kept(tmp_path / "first"))
    small = candidate("small", kept(tmp_path / "small", side=32), card(input=InputSpec(32, 32)))
    assert len(own_validation([first, small])) == 2
    elsewhere = card(data=replace(make_card().data, digest="another"))
    with pytest.raises(SetupError, match="second and first were trained and validated on different images"):
        own_validation([first, candidate("second", kept(tmp_path / "second"), elsewhere)])
    with np.load(tmp_path / "small" / "validation.npz") as told:
        turned = {name: values[::-1] for name, values in told.items()}
    np.savez(tmp_path / "small" / "validation.npz", **turned)
    with pytest.raises(SetupError, match="another order"):
        own_validation([first, small])
    (tmp_path / "small" / "validation.npz").unlink()
    with pytest.raises(SetupError, match=r"validation.npz cannot be read.*give --data"):
        own_validation([first, small])


def test_models_that_answer_other_questions_are_refused(run: Run, worse: Run, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="two runs or model files or more"):
        load_all([run.folder])
    with pytest.raises(SetupError, match="name the data set with --data"):
        compare([run.folder, worse.folder], data=None, split="val", workers=1, costs=cost.measure)
    with pytest.raises(SetupError, match="given twice"):
        load_all([run.folder, run.folder / ".." / run.folder.name])
    other = tmp_path / worse.folder.name
    shutil.copytree(worse.folder, other)
    told = Card.from_json(Run(other).card.read_text())
    for changed, expected in (
        (replace(told, labels=("clear", "fluid")), "knows the labels clear, fluid"),
        (replace(told, positive="clear"), "the finding of cnn-worse is clear, that of cnn is opacity"),
    ):
        Run(other).card.write_text(changed.to_json())
        with pytest.raises(SetupError, match=expected):
            load_all([run.folder, other])
    Run(other).card.write_text(told.to_json())
    assert [one.name for one in load_all([worse.folder, other])] == [str(worse.folder), str(other)]


def test_images_of_one_label_are_nothing_to_compare_on() -> None:
    one = replace(part([1.0]), labels=np.zeros(240, np.int64))
    with pytest.raises(SetupError, match="all images of drawn are of one label"):
        standing(card(), one.scores[0], one)


def test_a_folder_that_cannot_be_made_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "letter").touch()
    told = CliRunner().invoke(cli, ["compare", "a", "b", "--out", str(tmp_path / "letter")])
    assert isinstance(told.exception, SetupError)
    assert "choose another --out" in str(told.exception)
