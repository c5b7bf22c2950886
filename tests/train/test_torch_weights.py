"""The mapping from PyTorch's weights to ours, held against what PyTorch itself makes of the same weights.

Published weights are large and not ours; topology and mapping are tested as well with weights drawn by name. What
PyTorch's forward pass gives for them stands in `torch/*.json`. Made again, where PyTorch and torchvision are installed, by

    python -m tests.train.test_torch_weights
"""

import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from train.backbones import torch_weights
from xray.errors import SetupError

FIXTURES = Path(__file__).parent / "torch"
NETWORKS = ("resnet18", "densenet161")
EVERY = 8
"""Of the pooled features, so many stand in a fixture: one in eight."""
# Sides of 96 and 64: halved five times without a rest, and told apart where axes are exchanged.
IMAGE = np.random.default_rng(0).integers(0, 256, (1, 96, 64, 3)).astype(np.float32)


def drawn(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray[np.float32]]:
    """Draw a state dict that keeps activations within bounds, each array from a seed that is its name."""
    state = {}
    for name, shape in shapes.items():
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        if len(shape) == 4:
            value = rng.normal(0, np.sqrt(1 / np.prod(shape[1:])), shape)
        elif name.endswith(("weight", "running_var")):
            value = rng.uniform(0.5, 1.5, shape)
        else:
            value = rng.normal(0, 0.1, shape)
        state[name] = value.astype(np.float32)
    return state


def listing(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Digest of all names and shapes."""
    told = "\n".join(f"{name} {tuple(shapes[name])}" for name in sorted(shapes))
    return hashlib.sha256(told.encode()).hexdigest()


def torch_forward(network: str) -> tuple[dict[str, tuple[int, ...]], NDArray[np.float32]]:
    """Give the names and shapes of torchvision's network but for its head, and the pooled features of `IMAGE`."""
    torch = pytest.importorskip("torch")
    torchvision = pytest.importorskip("torchvision")
    model = getattr(torchvision.models, network)(weights=None).eval()
    model.fc = model.classifier = torch.nn.Identity()
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items() if "num_batches" not in name}
    model.load_state_dict({name: torch.from_numpy(value) for name, value in drawn(shapes).items()}, strict=False)
    scaled = (IMAGE / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    with torch.no_grad():
        return shapes, model(torch.from_numpy(scaled.transpose(0, 3, 1, 2).astype(np.float32))).numpy()[0]


def built(network: str, weights: str, channels: int = 3) -> Any:
    """Build a backbone of ours with pooled features."""
    import tf_keras as keras

    from train.backbones import torchvision

    image = keras.Input((*IMAGE.shape[1:3], channels))
    features = getattr(torchvision, network)(image, weights)
    return keras.Model(image, keras.layers.GlobalAveragePooling2D()(features))


@pytest.fixture(scope="module", params=NETWORKS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, Path]:
    """A network's name, the network with nothing in it, and a file of drawn weights."""
    from safetensors.numpy import save_file

    network = request.param
    empty = built(network, "none")
    path = tmp_path_factory.mktemp("weights") / f"{network}.safetensors"
    state = drawn(torch_weights.expected(empty))
    head = {"fc.weight": np.ones((1000, 8), np.float32), "classifier.bias": np.ones(1000, np.float32)}
    save_file(state | head | {"bn1.num_batches_tracked": np.array(1)}, path)
    return network, empty, path


def test_a_network_takes_the_arrays_that_torchvision_has(case: tuple[str, Any, Path]) -> None:
    network, empty, _ = case
    fixture = json.loads((FIXTURES / f"{network}.json").read_text())
    assert listing(torch_weights.expected(empty)) == fixture["listing"]


def test_the_same_weights_give_the_features_that_pytorch_gave(case: tuple[str, Any, Path]) -> None:
    network, _, path = case
    fixture = json.loads((FIXTURES / f"{network}.json").read_text())
    features = built(network, str(path))(IMAGE).numpy()[0]
    np.testing.assert_allclose(features[::EVERY], fixture["features"], rtol=1e-3, atol=1e-4)
    assert np.std(fixture["features"]) > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
def test_the_fixtures_are_what_pytorch_gives(network: str) -> None:
    shapes, features = torch_forward(network)
    fixture = json.loads((FIXTURES / f"{network}.json").read_text())
    assert listing(shapes) == fixture["listing"]
    np.testing.assert_allclose(features[::EVERY], fixture["features"], rtol=1e-3, atol=1e-4)


def tiny(weights: str = "none", channels: int = 3) -> Any:
    """Build a network of the same kind, small enough to be wrong in many ways."""
    import tf_keras as keras

    from train.backbones.dense import dense
    from train.backbones.torchvision import _network

    image = keras.Input((*IMAGE.shape[1:3], channels))
    return keras.Model(image, _network("Tiny", partial(dense, growth=4, initial=8, blocks=(2, 2)), image, weights))


def test_gray_input_gives_what_rgb_gives_but_for_the_border(tmp_path: Path) -> None:
    import tf_keras as keras

    path = tmp_path / "weights.npz"
    np.savez(path, **drawn(torch_weights.expected(tiny())))
    gray = IMAGE[..., :1]
    given = []
    for image in (gray, np.repeat(gray, 3, axis=-1)):
        model = tiny(str(path), image.shape[-1])
        given.append(keras.Model(model.input, model.get_layer("features.norm0").output)(image).numpy()[:, 2:-2, 2:-2])
    np.testing.assert_allclose(*given, atol=1e-4 * given[0].std())


def test_weights_as_h5_are_taken_too(tmp_path: Path) -> None:
    source = tiny()
    source.save_weights(tmp_path / "weights.h5")
    np.testing.assert_array_equal(tiny(str(tmp_path / "weights.h5"))(IMAGE), source(IMAGE))


def test_the_old_names_of_the_published_densenet_are_known() -> None:
    one, other = tiny(), tiny()
    state = drawn(torch_weights.expected(one))
    torch_weights.fill(one, state, "tiny", "new.npz")
    old = {re.sub(r"(denselayer\d)\.(norm|conv)(\d)", r"\1.\2.\3", name): value for name, value in state.items()}
    assert set(old) != set(state)
    torch_weights.fill(other, old, "tiny", "old.npz")
    np.testing.assert_array_equal(other(IMAGE), one(IMAGE))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features.conv0.weight": None}, r"1 missing \(features.conv0.weight\)"),
        ({"layer1.0.conv1.weight": np.ones((4, 4, 3, 3))}, r"1 unknown \(layer1.0.conv1.weight\)"),
        ({"features.norm0.bias": np.ones(9)}, r"1 of another shape \(features.norm0.bias\)"),
    ],
)
def test_weights_that_do_not_fit_are_told_and_nothing_is_changed(
    change: dict[str, NDArray[Any] | None], words: str
) -> None:
    model = tiny()
    before = model.get_weights()
    state: dict[str, Any] = drawn(torch_weights.expected(model)) | change
    with pytest.raises(SetupError, match=words):
        torch_weights.fill(model, {name: value for name, value in state.items() if value is not None}, "tiny", "w.npz")
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.npz"])
def test_a_damaged_file_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"no weights at all, but long enough for a header of eight bytes")
    with pytest.raises(SetupError, match="cannot be read"):
        tiny(str(tmp_path / name))


def test_a_pickle_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "resnet18.pth").write_bytes(b"")
    with pytest.raises(SetupError, match="tells how to turn it"):
        tiny(str(tmp_path / "resnet18.pth"))


def test_what_keras_cannot_download_is_told_with_the_way_out() -> None:
    with pytest.raises(SetupError, match=r"Keras has no download of Tiny.*--weights none"):
        tiny("imagenet")


if __name__ == "__main__":
    for network in NETWORKS:
        shapes, features = torch_forward(network)
        told = {"listing": listing(shapes), "features": [round(float(value), 6) for value in features[::EVERY]]}
        (FIXTURES / f"{network}.json").write_text(json.dumps(told) + "\n")
