import functools
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.drawn import png
from train.data.dataset import Example, read
from train.data.duplicates import LIKE, THUMBNAIL, find, near
from train.data.pixels import cached

SIDE = THUMBNAIL.height


@functools.cache
def drawn(seed: int) -> Image.Image:
    return Image.open(io.BytesIO(png(seed, opacity=bool(seed % 2), side=256)))


def thumbnail(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def recompressed(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.convert("L").save(buffer, "JPEG", quality=40)
    return Image.open(buffer)


ALTERED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "saved again": recompressed,
    "half as large": lambda image: image.resize((128, 128)),
    "cropped by 10 %": lambda image: image.crop((20, 5, 250, 236)),
    "cropped by 15 %": lambda image: image.crop((10, 30, 228, 248)),
    "shifted by 4 %": lambda image: image.transform(image.size, Image.Transform.AFFINE, (1, 0, 10, 0, 1, -10)),
    "stretched": lambda image: image.crop((12, 0, 244, 256)),
    "turned by 3 degrees": lambda image: image.rotate(3, Image.Resampling.BILINEAR),
    "brightened": lambda image: image.point(lambda value: int(255 * (value / 255) ** 0.7)),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "inverted": lambda image: image.point(lambda value: 255 - value),
}


@pytest.mark.parametrize("how", ALTERED)
def test_an_altered_copy_is_found_and_nothing_else_is(how: str) -> None:
    images = [drawn(seed) for seed in range(6)]
    pairs = find(np.stack([thumbnail(image) for image in (*images, ALTERED[how](images[2]))]))
    assert [(pair.first, pair.second) for pair in pairs] == [(2, 6)]
    assert LIKE <= pairs[0].likeness <= 1.001


def test_what_was_found_is_kept_beside_the_pixels(tmp_path: Path) -> None:
    examples = []
    for name, seed in (("one", 1), ("other", 2), ("copy", 1)):
        (tmp_path / f"{name}.png").write_bytes(png(seed))
        examples.append(Example(tmp_path / f"{name}.png", "a", sha256=name))
    first = near(examples, tmp_path / "cache", workers=1)
    assert [(pair.first, pair.second) for pair in first] == [(0, 2)]
    for example in examples:
        example.path.unlink()
    assert near(examples, tmp_path / "cache", workers=1) == first


@pytest.mark.data
def test_every_known_near_duplicate_of_lung3_is_found(data_dir: Path, tmp_path: Path) -> None:
    data = read(data_dir / "lung3")
    pairs = near(data.examples, tmp_path, workers=2)
    crossing = {
        place
        for pair in pairs
        for place, other in ((pair.first, pair.second), (pair.second, pair.first))
        if (data.examples[place].split, data.examples[other].split) == ("test", "train")
    }
    known = {at for at, one in enumerate(data.examples) if one.split == "test" and one.columns["cross_split_near_dup"]}
    assert len(known) == 8
    more = [data.examples[at].path.name for at in crossing - known]
    assert known <= crossing and more == ["0100_jpeg.jpg"]  # the contrast of this one was changed: looked at by eye


@pytest.mark.data
def test_all_duplicates_among_kermany_images_are_found_and_no_others(data_dir: Path, tmp_path: Path) -> None:
    data = read(data_dir / "kermany")
    chosen = [one for at, one in enumerate(data.examples) if one.group or at % 12 == 0]
    found = {(pair.first, pair.second) for pair in near(chosen, tmp_path, workers=2)}
    groups = [one.group for one in chosen]
    assert found == {
        (first, second)
        for second, group in enumerate(groups)
        for first in range(second)
        if group and groups[first] == group
    }


def test_pictures_of_one_shade_are_compared_with_nothing(tmp_path: Path) -> None:
    even = np.zeros((3, SIDE, SIDE), np.uint8)
    assert find(even) == ()
    assert cached([], THUMBNAIL, tmp_path, workers=1, title="t").shape == (0, SIDE, SIDE, 1)


def test_among_no_pictures_there_are_no_duplicates() -> None:
    assert find(np.zeros((0, SIDE, SIDE), np.uint8)) == ()
