"""What a model says about single radiographs, and what is shown of why."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras
from click.testing import CliRunner, Result
from PIL import Image

from export.convert import convert
from export.profiles import profile
from tests.drawn import png
from train.classifier import classifier
from train.commands.explain import command
from train.explain import Explainer, Explanation
from train.explain.layers import Activations, Filters, Inside
from train.explain.reading import VIEW_SIDE, View, view
from train.measuring.scoring import load as load_model
from train.recipe import load, names
from train.report.explain_pictures import activations, filters
from train.run import Run
from xray import model_file
from xray.card import Card, InputSpec
from xray.errors import SetupError
from xray.formats import decode
from xray.preprocess import preprocess


@pytest.fixture(scope="module")
def exported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run as a model file."""
    model = keras.models.load_model(run.model, compile=False)
    graph = convert(model, run.read_images()[0], profile("float32"))
    path = tmp_path_factory.mktemp("exported") / "model.tflite"
    with np.load(run.arrays) as arrays:
        path.write_bytes(model_file.pack(graph, Card.from_json(run.card.read_text()), dict(arrays)))
    return path


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """Two radiographs, one of them not square."""
    paths = [tmp_path / "one.png", tmp_path / "<b>two.png"]
    paths[0].write_bytes(png(1, side=500))
    Image.fromarray(np.asarray(Image.open(paths[0]))[:400]).save(paths[1])
    return paths


@pytest.fixture
def explain(tmp_path: Path) -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(command, [*map(str, arguments), "--out", str(tmp_path / "out")])


def test_a_run_is_explained_on_one_page_and_in_pictures(
    run: Run, images: list[Path], explain: Callable[..., Result], tmp_path: Path
) -> None:
    done = explain(run.folder, *images)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(
        rf"{images[0]}: (clear|opacity), probability of opacity \d\.\d{{4}} at threshold .+, \w+", lines[0]
    )
    page = (tmp_path / "out" / "explain.html").read_text()
    assert "holds patients' radiographs" in page
    assert "not an outline of an illness" in page
    assert "&lt;b&gt;two.png" in page
    assert not re.search(r'(src|href|srcset)="(?!data:|#)', page), "the page fetches something"
    written = {path.name.split("-", 1)[-1] for path in (tmp_path / "out").glob("*one*.png")}
    assert {"one-as-read.png", "one-as-seen.png", "one-map-clear.png", "one-map-opacity.png"} <= written
    assert len([name for name in written if "layer" in name]) == 5
    assert (tmp_path / "out" / "filters.png").is_file()
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_what_the_places_say_and_the_bias_are_the_score(run: Run, images: list[Path]) -> None:
    explainer = Explainer(run.folder)
    kernel_bias = keras.models.load_model(run.model, compile=False).get_layer("scores").get_weights()[1]
    for told in explainer.explain(images):
        assert isinstance(told, Explanation)
        scores = np.array(list(told.finding.scores.values()))
        np.testing.assert_allclose([one.places + one.rest for one in told.evidence], scores - scores.mean(), atol=1e-4)
        np.testing.assert_allclose([one.rest for one in told.evidence], kernel_bias - kernel_bias.mean(), atol=1e-3)


def test_an_exported_file_explains_the_same_but_for_its_layers(run: Run, exported: Path, images: list[Path]) -> None:
    ours, theirs = (list(Explainer(location).explain(images)) for location in (run.folder, exported))
    for one, other in zip(ours, theirs, strict=True):
        assert isinstance(one, Explanation) and isinstance(other, Explanation)
        assert list(other.finding.probabilities.values()) == pytest.approx(
            list(one.finding.probabilities.values()), abs=1e-3
        )
        assert [part.places for part in other.evidence] == pytest.approx(
            [part.places for part in one.evidence], abs=1e-3
        )
        assert one.layers and not other.layers


def test_that_a_file_shows_no_layers_is_said(
    exported: Path, images: list[Path], explain: Callable[..., Result], tmp_path: Path
) -> None:
    assert explain(exported, images[0]).exit_code == 0
    assert "nothing shows its layers" in (tmp_path / "out" / "explain.html").read_text()
    with pytest.raises(SetupError, match="give the run that it was made from"):
        Explainer(exported, ["features"])


def test_a_refused_image_is_told_and_the_others_are_done(
    run: Run, images: list[Path], explain: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "letter.png").write_text("Dear colleague")
    done = explain(run.folder, images[0], tmp_path / "letter.png", images[1])
    assert done.exit_code == 1
    first, second, third = done.stdout.splitlines()
    assert "refused, unknown_format: This is not a picture that Lungwatch reads" in second
    assert "probability" in first and "probability" in third
    assert "unknown_format" in (tmp_path / "out" / "explain.html").read_text()


def test_images_are_read_as_training_and_worker_do(run: Run, images: list[Path]) -> None:
    spec = InputSpec(96, 96, 3, geometry="pad")
    seen = view(images[1], spec)
    assert isinstance(seen, View)
    np.testing.assert_array_equal(seen.seen, preprocess(decode(images[1].read_bytes(), at_least=96), spec))
    assert max(seen.whole.shape) <= VIEW_SIDE
    assert seen.whole.shape[0] / seen.whole.shape[1] == pytest.approx(400 / 500, abs=0.01)
    assert seen.large.shape == (384, 384)
    _, score, _ = load_model(run.folder)
    (told,) = Explainer(run.folder).explain(images[:1])
    assert isinstance(told, Explanation)
    assert list(told.finding.scores.values()) == pytest.approx(
        score(told.view.seen[np.newaxis])[0][0].tolist(), abs=1e-5
    )


def test_layers_are_chosen_by_name(run: Run, images: list[Path]) -> None:
    explainer = Explainer(run.folder, ["features", "conv1_1"])
    (told,) = explainer.explain(images[:1])
    assert isinstance(told, Explanation)
    assert [(one.layer, one.shape) for one in told.layers] == [("features", (8, 8, 128)), ("conv1_1", (128, 128, 16))]
    with pytest.raises(SetupError, match="--layers embedding: expected layers of this model whose output is a map: "):
        Explainer(run.folder, ["embedding"])


@pytest.mark.parametrize("name", names())
def test_every_recipe_shows_its_first_filters_and_layers_of_every_depth(name: str) -> None:
    recipe = load(name)
    side = max(64, min(recipe.input.height, 96))
    model = classifier(replace(recipe, input=replace(recipe.input, height=side, width=side)), 3, "none")
    inside = Inside(model)
    assert inside.filters is not None
    assert inside.filters.kernels.shape[-1] == recipe.input.channels
    assert 3 <= len(inside.layers) <= 5
    assert inside.layers[-1] == "features"
    sizes = [model.get_layer(layer).output.shape[1] for layer in inside.layers]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == len(sizes)


def test_the_channels_shown_are_those_that_vary_most() -> None:
    image = keras.Input((16, 16, 1), name="image")
    layer = keras.layers.Conv2D(20, 1, name="features", use_bias=False)
    model = keras.Model(image, layer(image))
    weights = np.random.default_rng(0).permutation(20).astype(np.float32)
    layer.set_weights([weights.reshape(1, 1, 1, 20)])
    pixels = np.random.default_rng(1).integers(0, 256, (1, 16, 16, 1), np.uint8)
    ((shown,),) = Inside(model).activations(pixels)
    assert [weights[channel] for channel in shown.channels] == list(range(19, 3, -1))
    np.testing.assert_allclose(shown.maps[0], 19 * pixels[0, :, :, 0].astype(float))


def test_middle_gray_is_a_weight_of_zero_and_a_dead_filter_is_even() -> None:
    kernels = np.zeros((3, 3, 3, 1), np.float32)
    kernels[0, 0, 0], kernels[0, 2, 2] = 2.0, -1.0
    kernels[1] = 1e-4
    drawn = filters(Filters("first", kernels))
    tile = drawn[:48, :48, 0]
    assert (tile[0, 0], tile[24, 24], tile[-1, -1]) == (255, 128, 64)
    assert drawn.shape == (48, 3 * 48 + 2 * 4, 3)
    assert np.abs(drawn[:, 52:100].astype(int) - 128).max() <= 1


def test_a_map_is_drawn_from_black_to_white() -> None:
    maps = np.array([[[0, 1], [2, 4]], [[-2, 0], [0, 2]], [[0, 0], [0, 0]]], np.float32)
    drawn = activations(Activations("last", (2, 2, 3), (0, 1, 2), maps))
    assert drawn.shape == (96, 3 * 96 + 2 * 4)
    assert [drawn[0, 0], drawn[-1, 95], drawn[0, 100], drawn[0, 150], drawn[0, 200]] == [0, 255, 0, 128, 0]


@pytest.mark.data
def test_a_dicom_is_explained_with_what_its_header_says(
    run: Run, data_dir: Path, explain: Callable[..., Result]
) -> None:
    done = explain(run.folder, data_dir / "dicom" / "RG1_J2KI.dcm", data_dir / "dicom" / "CT_small.dcm")
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert "probability of opacity" in first
    assert "wrong_modality" in second
