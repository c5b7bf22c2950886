from pathlib import Path

import numpy as np
import pytest

from tests.drawn import png
from train.data.dataset import Example, read
from train.data.pixels import cached
from xray.card import InputSpec
from xray.errors import SetupError
from xray.formats import decode
from xray.preprocess import preprocess

SPEC = InputSpec(64, 48, 1)


def test_the_cache_holds_what_the_worker_would_see(drawn: Path, tmp_path: Path) -> None:
    examples = read(drawn).examples[:3]
    images = cached(examples, SPEC, tmp_path, workers=1, title="t")
    expected = [preprocess(decode(example.path.read_bytes(), at_least=64), SPEC) for example in examples]
    np.testing.assert_array_equal(images, expected)


def test_images_are_decoded_once(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(1))
    examples = [Example(path, "a", "p", sha256="x")]
    first = np.array(cached(examples, SPEC, tmp_path / "cache", workers=1, title="t"))
    path.unlink()
    np.testing.assert_array_equal(cached(examples, SPEC, tmp_path / "cache", workers=1, title="t"), first)


def test_unreadable_images_are_all_named_and_leave_no_cache(tmp_path: Path) -> None:
    for name in ("good", "bad1", "bad2"):
        (tmp_path / f"{name}.png").write_bytes(png(1) if name == "good" else b"nothing")
    examples = [Example(tmp_path / f"{name}.png", "a", name, sha256=name) for name in ("good", "bad1", "bad2")]
    with pytest.raises(SetupError, match=r"(?s)2 images.*bad1.*bad2"):
        cached(examples, SPEC, tmp_path / "cache", workers=1, title="t")
    assert list((tmp_path / "cache").iterdir()) == []
