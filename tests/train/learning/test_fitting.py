"""What a recipe can ask of a training: each on drawn radiographs of 32 px, with a model of a few thousand weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from train.changes import Changes, changed
from train.classifier import ACTIVATIONS, Head, classifier
from train.learning import features, fitting
from train.learning.augmentation import NONE, WEAK
from train.learning.fitting import Lesson, fit
from train.learning.objective import TEACHER_SHARE, TEMPERATURE, read_teacher, taught_loss
from train.learning.optimizing import learning_rate, optimizer, plateaus
from train.learning.pipeline import LabelledImages, label_weights, order
from train.learning.validation import ValidationSet, make
from train.recipe import OPTIMIZERS, SCHEDULES, Recipe, Stage, load
from train.run import Run
from train.training import Settings, train
from xray.errors import SetupError
from xray.phantom import draw

COUNT = 24


def tiny(**options: object) -> Recipe:
    recipe = load("cnn")
    return replace(recipe, **{"input": replace(recipe.input, height=32, width=32), "batch_size": 8, **options})  # type: ignore[arg-type]


def images(first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(count) % 2
    drawn = [draw(first + at, opacity=bool(labels[at]), height=48, width=48)[:, :, np.newaxis] for at in range(count)]
    return np.stack(drawn), labels


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    large, labels = images(0, COUNT)
    held, truth = images(500, 8)
    small = tf.cast(tf.image.resize(held, (32, 32)), tf.uint8).numpy()
    validation = make(small, held, truth, np.arange(8), tiny().input)
    return Lesson(LabelledImages(large, labels), validation, LabelledImages(small, truth))


def stages(*made: Stage) -> tuple[Stage, ...]:
    return made


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_optimizer_takes_every_schedule(name: str, schedule: str) -> None:
    stage = Stage("all layers", 2, 1e-2, optimizer=name, schedule=schedule)
    weight = tf.Variable([1.0], name="kernel")
    made = optimizer(stage, learning_rate(stage, 4, ()))
    for _ in range(4):  # a cosine begins at zero
        made.apply_gradients([(tf.constant([1.0]), weight)])
    assert float(weight[0]) < 1.0


def test_schedules_end_where_they_say() -> None:
    def rate(schedule: str, step: int) -> float:
        told = learning_rate(Stage("", 10, 0.1, schedule=schedule), 20, ())
        return float(told(step)) if callable(told) else told

    assert rate("constant", 200) == 0.1
    assert [rate("cosine", step) for step in (0, 10, 200)] == pytest.approx([0, 0.1, 0], abs=1e-6)
    assert [rate("exponential", step) for step in (0, 200)] == pytest.approx([0.1, 0.005])


def test_a_plateau_lowers_the_learning_rate_after_every_second_epoch_without_gain() -> None:
    assert [plateaus(losses) for losses in ([3, 2, 1], [1, 2, 2], [1, 2, 2, 2, 2], [2, 3, 1, 2, 2])] == [0, 1, 2, 1]
    stage = Stage("", 10, 0.1, schedule="plateau")
    done = [{"val_loss": loss} for loss in (1, 2, 2)]
    assert learning_rate(stage, 20, done) == pytest.approx(0.03)


def test_the_plateau_is_felt_in_training(lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = tiny(stages=stages(Stage("all layers", 4, 1e-3, schedule="plateau")))
    monkeypatch.setattr(fitting, "_measured", lambda scores, lesson: figures(val_loss=1.0))
    told = fit(classifier(recipe, 2, "none"), recipe, lesson, tmp_path, seed=0)
    assert [row["learning_rate"] for row in told.history] == pytest.approx([1e-3, 1e-3, 1e-3, 3e-4])


def figures(**changes: float) -> dict[str, float]:
    names = [f"{part}_{name}" for part in ("val", "shifted") for name in ("loss", "accuracy", "auroc")]
    return dict.fromkeys(names, 0.5) | changes


def test_patience_ends_a_training_and_the_best_epoch_is_kept(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tiny(stages=stages(Stage("all layers", 9, 1e-3)), patience=2, monitor="val_loss")
    losses = iter([3.0, 1.0, 2.0, 2.0])
    monkeypatch.setattr(fitting, "_measured", lambda scores, lesson: figures(val_loss=next(losses)))
    progress = fit(classifier(recipe, 2, "none"), recipe, lesson, tmp_path, seed=0)
    assert (len(progress.history), progress.best_epoch) == (4, 2)
    assert [file.name for file in tmp_path.glob("best-*")] == ["best-2.weights.h5"]


def test_test_images_are_looked_at_after_every_epoch(lesson: Lesson, tmp_path: Path) -> None:
    recipe = tiny(stages=stages(Stage("all layers", 2, 1e-3)))
    history = fit(classifier(recipe, 2, "none"), recipe, lesson, tmp_path, seed=0).history
    assert [0 <= row["test_accuracy"] <= 1 for row in history] == [True, True]


def test_a_loss_that_is_no_number_ends_the_training_with_advice(lesson: Lesson, tmp_path: Path) -> None:
    recipe = tiny(stages=stages(Stage("all layers", 3, 1e30, optimizer="sgd", schedule="constant")), l2=1.0)
    with pytest.raises(SetupError, match=r"the loss became .* lower the learning rate"):
        fit(classifier(recipe, 2, "none"), recipe, lesson, tmp_path, seed=0)


@pytest.mark.parametrize("width", [0, 12])
def test_cached_features_give_the_scores_of_the_whole_model(lesson: Lesson, tmp_path: Path, width: int) -> None:
    recipe = tiny(head=Head(width=width))
    model = classifier(recipe, 2, "none")
    backbone, head = features.halves(model)
    held = lesson.validation.images
    np.testing.assert_allclose(
        head.predict(backbone.predict(held, verbose=0), verbose=0), model.predict(held, verbose=0), atol=1e-5
    )
    cache = features.compute(backbone, lesson.training, WEAK, tmp_path / "f.npy", seed=0)
    assert len(cache.features) == (1 + features.AUGMENTED) * COUNT
    assert len(features.compute(backbone, lesson.training, NONE, tmp_path / "g.npy", seed=0).features) == COUNT
    picked = [labels.numpy() for _, labels in features.batches(cache, batch_size=8, balance="none", seed=0, epoch=0)]
    assert np.concatenate(picked).sum() == COUNT / 2


def test_a_cached_stage_trains_the_head_and_nothing_else(lesson: Lesson, tmp_path: Path) -> None:
    recipe = tiny(
        stages=stages(Stage("features", 2, 1e-2, frozen=1.0, cached=True), Stage("fine-tuning", 1, 1e-4)),
        head=Head(width=8),
        augmentation=NONE,
        average=0.0,
    )
    model = classifier(recipe, 2, "none")
    before = {layer.name: layer.get_weights() for layer in model.layers}
    head_only = replace(recipe, stages=recipe.stages[:1])
    assert len(fit(model, head_only, lesson, tmp_path / "head", seed=0).history) == 2
    moved = {
        layer.name
        for layer in model.layers
        if any(not np.array_equal(old, new) for old, new in zip(before[layer.name], layer.get_weights(), strict=True))
    }
    assert moved == {"hidden", "hidden_norm", "scores"}
    told = fit(classifier(recipe, 2, "none"), recipe, lesson, tmp_path / "both", seed=0)
    assert [row["stage"] for row in told.history] == ["features", "features", "fine-tuning"]


def test_a_cached_training_resumes_to_the_same_curve(lesson: Lesson, tmp_path: Path) -> None:
    recipe = tiny(stages=stages(Stage("features", 3, 1e-2, frozen=1.0, cached=True)), augmentation=WEAK)

    def train_for(epochs: int, folder: Path) -> list[dict[str, object]]:
        keras.backend.experimental.enable_tf_random_generator()  # as `train.training` does
        keras.utils.set_random_seed(3)
        model = classifier(recipe, 2, "none")

        def stop(row: dict[str, object]) -> None:
            if row["epoch"] == epochs:
                raise KeyboardInterrupt

        try:
            return fit(model, recipe, lesson, folder, seed=0, listeners=[stop]).history
        except KeyboardInterrupt:
            return []

    whole = train_for(9, tmp_path / "whole")
    train_for(1, tmp_path / "cut")
    resumed = train_for(9, tmp_path / "cut")
    assert [row["loss"] for row in resumed] == pytest.approx([row["loss"] for row in whole], rel=1e-6)


def test_features_are_not_cached_of_a_backbone_that_learns(lesson: Lesson, tmp_path: Path) -> None:
    recipe = tiny(stages=stages(Stage("features", 1, 1e-2, frozen=0.5, cached=True)))
    with pytest.raises(SetupError, match="only where the whole backbone is frozen"):
        fit(classifier(recipe, 2, "none"), recipe, lesson, tmp_path, seed=0)
    assert not changed(recipe, Changes(frozen=0.5)).stages[0].cached


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_trains_and_predicts(activation: str) -> None:
    """A graph that is optimized may lack a kernel that the layers by themselves have."""
    recipe = tiny(head=Head(width=4, activation=activation))
    model = classifier(recipe, 2, "none")
    assert np.isfinite(model.predict(np.zeros((2, 32, 32, 1), np.float32), verbose=0)).all()


def test_frozen_layers_do_not_learn(lesson: Lesson, tmp_path: Path) -> None:
    recipe = tiny(stages=stages(Stage("upper half", 1, 1e-2, frozen=0.5)), average=0.0)
    model = classifier(recipe, 2, "none")
    kernels = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    before = [layer.get_weights()[0] for layer in kernels]
    fit(model, recipe, lesson, tmp_path, seed=0)
    moved = [not np.array_equal(old, layer.get_weights()[0]) for old, layer in zip(before, kernels, strict=True)]
    assert moved == [False, False, True, True, True]


def test_regularisers_join_the_loss_and_not_the_saved_model(lesson: Lesson) -> None:
    model = classifier(tiny(l1=0.5, l2=0.25), 2, "none")
    kernels = [layer.kernel.numpy() for layer in model.layers if hasattr(layer, "kernel")]
    expected = sum(0.5 * np.abs(kernel).sum() + 0.25 * (kernel**2).sum() for kernel in kernels)
    assert float(tf.add_n(model.losses)) == pytest.approx(expected, rel=1e-4)
    assert classifier(tiny(l1=0.0, l2=0.0), 2, "none").losses == []
    assert keras.models.clone_model(model).losses == []


def test_rare_labels_are_copied_three_times_or_weighed_inversely() -> None:
    labels = np.array([0] * 20 + [1] * 4)
    chosen = order(labels, 4, balance="copies", seed=0, epoch=0)
    assert np.bincount(labels[chosen.ravel()]).tolist() == [20, 16]
    assert np.bincount(labels[order(labels, 4, balance="none", seed=0, epoch=0).ravel()]).tolist() == [20, 4]
    weights = label_weights(labels, "weights")
    assert weights is not None
    assert weights.tolist() == pytest.approx([0.6, 3.0])
    assert weights[labels].mean() == pytest.approx(1.0)
    assert label_weights(labels, "copies") is None


def test_weights_train(lesson: Lesson, tmp_path: Path) -> None:
    recipe = tiny(stages=stages(Stage("all layers", 1, 1e-3)), balance="weights")
    rare = LabelledImages(lesson.training.images[:14], np.array([0] * 10 + [1] * 4))
    told = fit(classifier(recipe, 2, "none"), recipe, replace(lesson, training=rare), tmp_path, seed=0)
    assert np.isfinite(told.history[0]["loss"])


def test_the_taught_loss_is_the_formula_s() -> None:
    scores, teacher = tf.constant([[1.0, -1.0]]), [[0.5, 2.0]]
    wanted = tf.constant([[1.0, 0.0, *teacher[0]]])

    def softmax(logits: np.ndarray) -> np.ndarray:
        return np.exp(logits) / np.exp(logits).sum()

    soft = softmax(np.array(teacher[0]) / TEMPERATURE)
    student = softmax(scores.numpy()[0] / TEMPERATURE)
    expected = (1 - TEACHER_SHARE) * -np.log(softmax(scores.numpy()[0])[0])
    expected -= TEACHER_SHARE * TEMPERATURE**2 * (soft * np.log(student)).sum()
    assert float(taught_loss(wanted, scores)[0]) == pytest.approx(expected, rel=1e-5)


def test_a_student_learns_from_a_teacher_of_another_size(run: Run, lesson: Lesson, tmp_path: Path) -> None:
    recipe = tiny(stages=stages(Stage("all layers", 1, 1e-3)), input=replace(tiny().input, channels=3))
    colour = LabelledImages(np.repeat(lesson.training.images, 3, axis=3), lesson.training.labels)
    told = lesson.validation
    held = ValidationSet(np.repeat(told.images, 3, axis=3), told.labels, told.shifted, told.patients)
    teacher = read_teacher(run.folder, ("clear", "opacity"))
    history = fit(classifier(recipe, 2, "none"), recipe, Lesson(colour, held, None, teacher), tmp_path, seed=0).history
    assert np.isfinite(history[0]["loss"])
    assert 0 <= history[0]["accuracy"] <= 1


def test_a_teacher_must_be_a_finished_run_of_the_same_labels(run: Run, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="is not a finished run"):
        read_teacher(tmp_path, ("clear", "opacity"))
    with pytest.raises(SetupError, match="knows clear, opacity; this data set has NORMAL, PNEUMONIA"):
        read_teacher(run.folder, ("NORMAL", "PNEUMONIA"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow, of its own SQLAlchemy
def test_tensorboard_is_always_told_and_mlflow_where_asked_for(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    recipe = tiny(stages=stages(Stage("all layers", 2, 1e-3)))
    done = train(recipe, Settings(drawn, tmp_path / "run", workers=1, mlflow="drawn"))
    (events,) = done.tensorboard.iterdir()
    told = [
        (event.step, value.tag)
        for event in tf.compat.v1.train.summary_iterator(str(events))
        for value in event.summary.value
    ]
    assert {(1, "loss"), (2, "loss"), (1, "shifted_auroc"), (2, "shifted_auroc")} <= set(told)
    (logged,) = mlflow.search_runs(experiment_names=["drawn"], output_format="list")
    assert 0 <= logged.data.metrics["shifted_auroc"] <= 1
    assert logged.data.params["recipe"] == "cnn"
