"""What reports conclude from figures: verdicts, flags, groups, and words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.cards import make_card
from train.data.dataset import Example
from train.data.leakage import Crossing
from train.measuring.evaluation import Evaluation
from train.measuring.flags import flags
from train.measuring.measure import measure
from train.measuring.origin import Origin
from train.measuring.percent import percent
from train.measuring.reliability import reliability
from train.measuring.subgroups import subgroups
from train.measuring.verdict import TRIAGE, verdicts
from train.report.training import training
from train.report.wording import right_of_100, share
from xray.calibration import Outputs
from xray.card import Interval, OperatingPoint
from xray.statistics import wilson


def measured(hits: int, count: int, *, spared: int, others: int, origin: Origin = Origin.TEST) -> Evaluation:
    """An evaluation of two labels: so many of the positives found, so many of the others left alone."""
    labels = np.repeat([1, 0], [count, others])
    found = np.concatenate([np.arange(count) < hits, np.arange(others) >= spared])
    scores = np.stack([np.where(found, -1.0, 1.0), np.where(found, 1.0, -1.0)], axis=1).astype(np.float32)
    half = OperatingPoint("half", 0.5, wilson(1, 1), wilson(1, 1))
    told = Outputs(scores, np.zeros((labels.size, 4), np.float32), labels)
    card = replace(make_card(), operating_points=(half,))
    return replace(measure(card, {}, told, np.arange(labels.size)), origin=origin)


def outcomes(told: Evaluation) -> dict[str, str]:
    return {verdict.label: verdict.outcome for verdict in verdicts(told, TRIAGE)}


def test_a_verdict_is_decided_by_the_end_of_the_interval_that_speaks_against_it() -> None:
    good = measured(195, 200, spared=180, others=200)
    assert good.classes[1].figures.sensitivity.low >= 0.9
    assert outcomes(good) == {"opacity": "good enough", "clear": "good enough"}
    # 92 of 100 is above the bound of 0.9, but the interval begins below it.
    assert outcomes(measured(92, 100, spared=50, others=100)) == {
        "opacity": "cannot be told",
        "clear": "not good enough",
    }


def test_images_that_the_model_was_made_with_prove_no_goodness_but_prove_badness() -> None:
    told = outcomes(measured(195, 200, spared=20, others=200, origin=Origin.CHOSEN))
    assert told == {"opacity": "good enough in-sample", "clear": "not good enough"}


def test_a_leak_takes_the_worth_from_a_good_verdict() -> None:
    told = measured(195, 200, spared=199, others=200)
    assert outcomes(replace(told, flags=flags(told, ())))["opacity"] == "good enough unless it leaks"


def test_too_few_images_are_told_with_how_many_it_takes() -> None:
    verdict = verdicts(measured(20, 20, spared=100, others=100), TRIAGE)[0]
    assert verdict.outcome == "too few images"
    assert "at least 35" in verdict.words
    assert outcomes(measured(0, 1, spared=0, others=1)) == {"opacity": "too few images", "clear": "too few images"}
    assert wilson(35, 35).low >= TRIAGE.sensitivity > wilson(34, 34).low


def kinds(told: Evaluation, *crossings: Crossing) -> list[str]:
    return [flag.kind for flag in flags(told, crossings)]


def test_figures_too_good_for_unseen_images_are_called_a_likely_leak() -> None:
    perfect = measured(100, 100, spared=100, others=100)
    assert "leak" in kinds(perfect)
    assert "leak" in kinds(replace(perfect, origin=Origin.OTHER))
    assert kinds(replace(perfect, origin=Origin.CHOSEN)) == ["in-sample"]
    usual = measured(92, 100, spared=90, others=100)
    assert kinds(usual) == []
    both = [Crossing("patient", "train", "test", 3, 200), Crossing("near-duplicate", "val", "test", 1, 200)]
    assert kinds(usual, *both) == ["leak"]


def test_what_hides_behind_a_figure_is_flagged() -> None:
    told = measured(20, 20, spared=0, others=60)
    assert kinds(replace(told, patients=None)) == ["never found", "few", "patients"]
    assert kinds(replace(told, out_of_distribution=Interval(0.2, 0.1, 0.3)))[-1] == "strange"
    three = replace(make_card(), labels=("a", "b", "c"), positive=None)
    scores = 4 * np.eye(3, dtype=np.float32)[np.arange(120) % 2]
    given = Outputs(scores, np.zeros((120, 4), np.float32), np.arange(120) % 2)
    assert "missing" in kinds(replace(measure(three, {}, given, None), origin=Origin.TRAINED))


def test_groups_of_a_reliability_diagram_are_of_equal_size_and_lose_no_image() -> None:
    shares = np.random.default_rng(0).random(137)
    groups = reliability(shares, shares > 0.5, np.arange(137))
    assert sum(group.images for group in groups) == 137
    assert {group.images for group in groups} == {13, 14}
    assert [group.probability for group in groups] == sorted(group.probability for group in groups)
    assert len(reliability(shares[:3], shares[:3] > 0.5, np.arange(3))) == 1


def test_only_columns_that_group_are_subgroups_and_small_ones_say_so() -> None:
    examples = [
        Example(Path(f"{at}.png"), "x", columns={"view": "PA" if at < 35 else "AP", "name": f"{at}", "site": "one"})
        for at in range(40)
    ]
    labels = np.array([0, 1] * 20)
    found = np.where(np.arange(40) < 35, labels, 1 - labels)
    view = subgroups(examples, labels, found, np.arange(40), positive=1)
    assert [(group.column, group.value, group.images, group.small) for group in view] == [
        ("view", "AP", 5, True),
        ("view", "PA", 35, False),
    ]
    assert view[0].accuracy.value == 0
    assert view[1].sensitivity is not None
    assert view[1].sensitivity.value == pytest.approx(1)
    assert all(group.sensitivity is None for group in subgroups(examples, labels, found, np.arange(40), positive=None))


def rows(values: list[float], losses: list[float]) -> list[dict[str, str]]:
    """Lines of history.csv as they are read: all text."""
    return [
        {"epoch": f"{at}", "stage": "head" if at < 3 else "all", "loss": f"{1 / at}", "shifted_auroc": f"{value}",
         "val_loss": f"{loss}", "seconds": "60"}
        for at, (value, loss) in enumerate(zip(values, losses, strict=True), start=1)
    ]  # fmt: skip


def test_the_kept_epoch_is_the_first_of_the_best_and_stages_end_where_they_were_stopped() -> None:
    told = {"stages": [{"name": "head", "epochs": 2}, {"name": "all", "epochs": 6}]}
    values = [0.7, 0.8, 0.9, 0.95, 0.95, float("nan")]
    read = training(rows(values, [3, 2, 1, 2, 2, 2]), told)
    assert read is not None
    assert (read.kept, read.seconds, read.overfitting_since) == (4, 360, 3)
    assert [(stage.best, stage.stopped_early) for stage in read.stages] == [(2, False), (4, True)]
    assert read.at(4)["val_loss"] == 2
    assert read.curves["shifted_auroc"][-1] is None
    by_loss = training(rows(values, [3, 2, 1, 2, 2, 2]), told | {"monitor": "val_loss"})
    assert by_loss is not None
    assert by_loss.kept == 3
    assert training([], told) is None


def test_a_share_is_never_rounded_to_all_of_it() -> None:
    assert percent(1.0) == "100\N{NO-BREAK SPACE}%"
    assert percent(0.99999).startswith("99.9")
    assert share(Interval(0.5, 0.25, 0.75)).replace("\N{NO-BREAK SPACE}", " ") == "50.0 % (25.0–75.0 %)"
    assert share(None) == "–"


def test_of_positive_calls_those_that_are_right_follow_from_the_prevalence() -> None:
    nine_in_ten = Interval(0.9, 0.9, 0.9)
    point = OperatingPoint("half", 0.5, nine_in_ten, nine_in_ten)
    assert right_of_100(point) == "50 (50 to 50)"
