"""The study of a sweep: who tries what, and what is left after a kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from train.changes import Changes
from train.learning.progress import Row
from train.sweep.plan import Outcome, Plan
from train.sweep.space import Axis
from train.sweep.study import Hopeless, Study
from xray.errors import SetupError

BATCHES, OPTIMIZERS = Axis("batch_size", (8, 16)), Axis("optimizer", ("adam", "rmsprop", "sgd"))
PLAN = Plan("cnn", Changes(epochs=3), "none", "drawn", "digest", (40, 8), 0, "shifted_auroc", 3, (BATCHES, OPTIMIZERS))


def row(value: float, epoch: int = 1) -> Row:
    return {"epoch": epoch, "shifted_auroc": value, "shifted_accuracy": 0.5, "shifted_loss": 1.0}


def finish(study: Study, values: Sequence[float], trials: int = 100) -> None:
    """Claim a trial for each value and finish it at once."""
    for value in values:
        trial = study.claim(trials)
        assert trial is not None
        trial.listen(row(value))
        trial.finish(row(value), epochs=1, seconds=1.0)


def ended(study: Study) -> list[Outcome]:
    return [one for one in study.outcomes() if one.state == "finished"]


def test_all_combinations_are_tried_once_where_they_fit_the_own_values_first(tmp_path: Path) -> None:
    study = Study(tmp_path / "study", PLAN)
    assert study.begin({"batch_size": 16, "optimizer": "rmsprop"}, 50) == 6
    finish(study, [0.5] * 6, trials=6)
    points = [one.point for one in ended(study)]
    assert points[0] == {"batch_size": 16, "optimizer": "rmsprop"}
    assert len({tuple(point.items()) for point in points}) == 6
    assert study.claim(6) is None
    assert Study(tmp_path / "study", PLAN).begin(points[0], 50) == 6
    again = study.claim(7)
    assert again is not None
    assert again.seed == 1, "begun again, the queue holds nothing twice: what comes now is a repeat"
    again.fail("told", seconds=1.0)


def test_a_point_that_comes_again_gets_the_next_seed(tmp_path: Path) -> None:
    study = Study(tmp_path / "study", replace(PLAN, axes=(Axis("batch_size", (8,)),), seed=3))
    finish(study, [0.5, 0.6, 0.7])
    assert [one.seed for one in ended(study)] == [3, 4, 5]


def test_a_study_is_not_gone_on_with_under_another_plan(tmp_path: Path) -> None:
    Study(tmp_path / "study", PLAN)
    with pytest.raises(SetupError, match="begun with another fixed, weights; repeat its settings"):
        Study(tmp_path / "study", replace(PLAN, weights="imagenet", fixed=Changes()))
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot be written"):
        Study(tmp_path / "file" / "study", PLAN)


def test_a_hopeless_trial_is_stopped(tmp_path: Path) -> None:
    study = Study(tmp_path / "study", replace(PLAN, epochs=6))
    for value in (0.9, 0.8, 0.9, 0.8):
        trial = study.claim(9)
        assert trial is not None
        for epoch in range(1, 7):
            trial.listen(row(value, epoch))
        trial.finish(row(value), epochs=6, seconds=1.0)
    trial = study.claim(9)
    assert trial is not None
    for epoch in (1, 2):
        trial.listen(row(0.5, epoch))
    with pytest.raises(Hopeless):
        trial.listen(row(0.6, 3))
    trial.stop(epochs=3, seconds=1.0)
    assert [(one.state, one.value) for one in study.outcomes()][-1] == ("stopped", 0.6)


CHILD = """
import sys
from pathlib import Path
from train.changes import Changes
from train.sweep.plan import Plan
from train.sweep.space import Axis
from train.sweep.study import Study

study, dies, row = Study(Path(sys.argv[1]), eval(sys.argv[2])), sys.argv[3] == "die", eval(sys.argv[4])
while (trial := study.claim(6)) is not None:
    print(trial.number, trial.point, flush=True)
    if dies and trial.number == 1:
        sys.stdin.read()
    trial.listen(row)
    trial.finish(row, epochs=1, seconds=1.0)
"""


@pytest.fixture
def child(tmp_path: Path) -> Callable[[str], subprocess.Popen[str]]:
    """Start a process that works on the study in `tmp_path/study`."""
    command = [sys.executable, "-c", CHILD, str(tmp_path / "study"), repr(PLAN)]
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    return lambda how: subprocess.Popen([*command, how, repr(row(0.7))], **pipes)


def test_after_a_kill_what_is_finished_stays_and_what_was_running_is_tried_again(
    tmp_path: Path, child: Callable[[str], subprocess.Popen[str]]
) -> None:
    study = Study(tmp_path / "study", PLAN)
    study.begin(None, 6)
    with child("die") as process:
        assert process.stdout is not None
        process.stdout.readline()
        running = process.stdout.readline().strip().removeprefix("1 ")
        alive = study.claim(6)
        assert alive is not None
        assert str(alive.point) != running, "a trial whose process lives is left alone"
        alive.fail("told", seconds=1.0)
        process.send_signal(signal.SIGKILL)
    resumed = Study(tmp_path / "study", PLAN)
    resumed.begin(None, 6)
    finish(resumed, [0.5] * 4, trials=6)
    assert resumed.claim(6) is None
    outcomes = resumed.outcomes()
    assert [one.state for one in outcomes] == ["finished", "killed", "failed", *["finished"] * 4]
    assert outcomes[0].value == 0.7
    assert str(outcomes[1].point) == running
    counted = [str(one.point) for one in outcomes if one.state != "killed"]
    assert running in counted and len(set(counted)) == 6
    assert not list((tmp_path / "study" / "trials").iterdir())


def test_two_processes_share_a_study(tmp_path: Path, child: Callable[[str], subprocess.Popen[str]]) -> None:
    study = Study(tmp_path / "study", PLAN)
    study.begin(None, 6)
    with child("work") as one, child("work") as other:
        told = one.communicate()[0].splitlines() + other.communicate()[0].splitlines()
    assert one.returncode == other.returncode == 0
    assert sorted(int(line.split()[0]) for line in told) == list(range(6))
    assert len({tuple(done.point.items()) for done in ended(study)}) == 6
