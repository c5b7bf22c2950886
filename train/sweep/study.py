"""The study: what was tried and what came of it, in an SQLite file that several processes share.

A process that is killed leaves its trial marked as running. So each running trial holds a lock on a file, which the
system lets go of however the process ends: the next to come tells the dead from the living, and tries the same again.
"""

import fcntl
import itertools
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from train.learning.progress import Row
from train.sweep.plan import Outcome, Plan
from train.sweep.space import Axis, Point, Value
from xray.errors import SetupError

try:
    import optuna
    from optuna.trial import FrozenTrial, TrialState
except ImportError as missing:
    raise SetupError("sweep needs the extra sweep: pip install 'lungwatch[sweep]'") from missing

BUSY_SECONDS = 120
"""How long a process waits for the file while others write."""
BLIND = 8
"""Trials drawn at random before the sampler builds on what came of them."""
ENOUGH = 4
"""Finished trials, before any is stopped for being worse than half of them, or one option is held against another."""

Hopeless = optuna.TrialPruned


class Study:
    """A study in a folder.

    Args:
        folder: Made where it is not there.
        plan: What it is about.

    Raises:
        SetupError: The folder cannot be written, or holds a study with another plan.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # features of patients' images come to lie in it
            with self.alone():
                self._study = self._open()
        except OSError as error:
            raise SetupError(
                f"the study {folder} cannot be written ({error.strerror}); choose another --study"
            ) from error

    def _open(self) -> optuna.Study:
        storage = optuna.storages.RDBStorage(
            f"sqlite:///{self.folder / 'study.db'}", engine_kwargs={"connect_args": {"timeout": BUSY_SECONDS}}
        )
        study = optuna.create_study(
            storage=storage,
            study_name="sweep",
            load_if_exists=True,
            direction="minimize" if self.plan.figure.endswith("loss") else "maximize",
            pruner=optuna.pruners.MedianPruner(ENOUGH, n_warmup_steps=max(2, self.plan.epochs // 3 + 1)),
        )
        told = json.loads(json.dumps(asdict(self.plan)))
        begun = study.user_attrs.get("plan")
        if begun is None:
            study.set_user_attr("plan", told)
        elif begun != told:
            other = sorted(name for name in told if begun.get(name) != told[name])
            raise SetupError(
                f"{self.folder} was begun with another {', '.join(other)}; repeat its settings, or give another --study"
            )
        return study

    def begin(self, first: Point | None, trials: int) -> int:
        """Queue what is to be tried first; returns how many trials there will be, at most `trials`.

        Where all combinations fit into `trials`, each is tried once. Else the recipe's own point comes first, for the
        others to be held against.
        """
        combinations = self.plan.combinations
        queue = [] if first is None else [first]
        if combinations is not None and combinations <= trials:
            names = [axis.name for axis in self.plan.axes]
            every = itertools.product(*(axis.values for axis in self.plan.axes))
            queue += [dict(zip(names, values, strict=True)) for values in every]
            trials = combinations
        with self.alone():
            for point in queue:
                self._study.enqueue_trial(point, skip_if_exists=True)
        return trials

    def claim(self, trials: int) -> "Trial | None":
        """Begin the next trial; None where as many as `trials` were begun."""
        with self.alone():
            self._bury()
            begun = [one for one in self.outcomes() if one.state != "killed"]
            if len(begun) >= trials:
                return None
            asked = self._study.ask()
            # A sampler for each trial: one that went on from its own state would begin anew with each process.
            seed = self.plan.seed * 100_003 + asked.number
            self._study.sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True, n_startup_trials=BLIND)
            point = {axis.name: _suggest(asked, axis) for axis in self.plan.axes}
            again = sum(one.point == point for one in begun)
            return Trial(self, self._study, asked, self._folder(asked.number), point, self.plan.seed + again)

    def _bury(self) -> None:
        """Mark the trials whose process ended as failed, without a reason, and queue their points again."""
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            folder = self._folder(trial.number)
            with _alive(folder) as file:
                if not _lock(file):
                    continue
            shutil.rmtree(folder, ignore_errors=True)
            self._study.tell(trial.number, state=TrialState.FAIL)
            self._study.enqueue_trial({**trial.system_attrs.get("fixed_params", {}), **trial.params})

    def outcomes(self) -> list[Outcome]:
        """Tell of every trial that was begun, in that order."""
        told = self._study.get_trials(deepcopy=False)
        return [_outcome(one) for one in told if one.state != TrialState.WAITING]

    def best(self) -> Outcome | None:
        """The finished trial with the best figure; of equal ones the first."""
        told = [(one.value, one) for one in self.outcomes() if one.state == "finished" and one.value is not None]
        pick = min if self.plan.figure.endswith("loss") else max
        return pick(told, key=lambda pair: pair[0])[1] if told else None

    def importances(self) -> dict[str, float]:
        """Share of the figure's variation over the finished trials that goes with each option, the largest first.

        Functional ANOVA (Hutter, Hoos & Leyton-Brown, ICML 2014). Empty where too few trials finished to tell.
        """
        finished = [one for one in self.outcomes() if one.state == "finished"]
        names = [axis.name for axis in self.plan.axes if len({one.point[axis.name] for one in finished}) > 1]
        if len(finished) < ENOUGH or len({one.value for one in finished}) < 2 or not names:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        told = optuna.importance.get_param_importances(self._study, evaluator=evaluator, params=names)
        return {name: float(share) for name, share in told.items()}

    def _folder(self, number: int) -> Path:
        folder = self.folder / "trials" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one process at a time count, choose and claim."""
        with (self.folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Trial:
    """One trial under way. Whatever comes of it must be told: `finish`, `stop` or `fail`."""

    def __init__(
        self, owner: Study, study: optuna.Study, asked: optuna.Trial, folder: Path, point: Point, seed: int
    ) -> None:
        self.number, self.folder, self.point, self.seed = asked.number, folder, point, seed
        self._owner, self._study, self._asked, self._figure = owner, study, asked, owner.plan.figure
        self._alive = _alive(folder)
        _lock(self._alive)
        asked.set_user_attr("seed", seed)  # a point that comes again gets the next seed: the difference is noise

    def listen(self, row: Row) -> None:
        """Take note of an epoch.

        Raises:
            Hopeless: It is worse than half of the finished trials were by then.
        """
        self._asked.report(row[self._figure], row["epoch"])
        if self._asked.should_prune():
            raise Hopeless

    def finish(self, kept: Row, *, epochs: int, seconds: float) -> None:
        """Tell the kept epoch of a training that went to its end."""
        self._asked.set_user_attr("kept", kept)
        self._tell(TrialState.COMPLETE, kept[self._figure], epochs, seconds)

    def stop(self, *, epochs: int, seconds: float) -> None:
        """Tell that it was hopeless."""
        self._tell(TrialState.PRUNED, None, epochs, seconds)

    def fail(self, reason: str, *, seconds: float) -> None:
        """Tell why nothing came of it."""
        self._asked.set_user_attr("reason", reason)
        self._tell(TrialState.FAIL, None, 0, seconds)

    def _tell(self, state: TrialState, value: float | None, epochs: int, seconds: float) -> None:
        self._asked.set_user_attr("epochs", epochs)
        self._asked.set_user_attr("seconds", round(seconds, 1))
        with self._owner.alone():  # or another process may find it running, and nobody alive
            self._study.tell(self._asked, value, state)
            shutil.rmtree(self.folder, ignore_errors=True)
            self._alive.close()


def _alive(folder: Path) -> IO[str]:
    return (folder / "alive").open("a")


def _lock(file: IO[str]) -> bool:
    """Lock a file until it is closed; False where somebody else has."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _suggest(trial: optuna.Trial, axis: Axis) -> Value:
    if axis.span is not None:
        return trial.suggest_float(axis.name, *axis.span, log=True)
    value = trial.suggest_categorical(axis.name, axis.values)
    assert value is not None
    return value


def _outcome(trial: FrozenTrial) -> Outcome:
    told: dict[str, Any] = trial.user_attrs
    states = {TrialState.COMPLETE: "finished", TrialState.PRUNED: "stopped", TrialState.RUNNING: "running"}
    return Outcome(
        number=trial.number,
        state=states.get(trial.state) or ("failed" if "reason" in told else "killed"),
        point=dict(trial.params),
        value=trial.value,
        seed=told.get("seed"),
        reason=told.get("reason", ""),
        kept=told.get("kept", {}),
        seconds=told.get("seconds", 0.0),
        epochs=told.get("epochs", 0),
    )
