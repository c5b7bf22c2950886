"""A labelled set from outside the run, read as a worker reads."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export.labelled import read
from tests.cards import make_card
from tests.drawn import png, write_classes
from xray.card import InputSpec
from xray.errors import SetupError
from xray.formats import decode
from xray.preprocess import preprocess

CARD = replace(make_card(), input=InputSpec(32, 32))


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_classes(tmp_path_factory.mktemp("labelled") / "elsewhere", 3)


def manifest(classes: Path, *lines: str, columns: str = "file,label,fold,patient") -> Path:
    path = classes / "list.csv"
    path.write_text("\n".join([columns, *lines]))
    return path


def test_a_folder_of_classes_is_read_once_plain_and_once_shifted(classes: Path) -> None:
    read_set = read(classes, CARD)
    assert read_set.images.shape == (12, 32, 32, 1)
    assert read_set.labels.tolist() == [0, 0, 0, 1, 1, 1] * 2
    assert read_set.shifted.tolist() == [False] * 6 + [True] * 6
    assert [name for name, _ in read_set.parts()] == ["elsewhere, all", "elsewhere, all, shifted"]
    first = min((classes / "clear").iterdir())
    assert np.array_equal(read_set.images[0], preprocess(decode(first.read_bytes()), CARD.input))
    assert not np.array_equal(read_set.images[0], read_set.images[6])
    assert np.array_equal(read_set.images, read(classes, CARD).images)


def test_splits_of_folders_and_of_a_manifest_are_chosen_from(tmp_path: Path, classes: Path) -> None:
    for split in ("train", "Test"):
        for label in ("clear", "opacity"):
            folder = tmp_path / split / label
            folder.mkdir(parents=True)
            (folder / "one.png").write_bytes(png(1))
    assert len(read(tmp_path, CARD).images) == 4
    assert read(tmp_path, CARD).name.endswith("test")
    assert len(read(tmp_path, CARD, "all").images) == 8
    listed = manifest(
        classes, "clear/0000.png,clear,val,a", "opacity/0001.png,opacity,val,a", "clear/0002.png,clear,train,b"
    )
    chosen = read(listed, CARD)
    assert chosen.labels.tolist() == [0, 1, 0, 1]
    assert len(set(chosen.patients)) == 1
    assert len(set(read(listed, CARD, "all").patients)) == 2


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            ["clear/0000.png,clear,,", "opacity/0001.png,tumour,,"],
            "the model knows clear, opacity, the set also tumour",
        ),
        (["clear/0000.png,clear,,"], "at least two labels"),
        (["clear/0000.png,clear,,", "gone.png,opacity,,"], "1 images cannot be read.*\n.*gone.png: No such file"),
    ],
)
def test_what_cannot_be_compared_on_is_told(classes: Path, lines: list[str], words: str) -> None:
    with pytest.raises(SetupError, match=words):
        read(manifest(classes, *lines), CARD)


def test_what_is_no_set_is_told(tmp_path: Path, classes: Path) -> None:
    with pytest.raises(SetupError, match="does not exist"):
        read(tmp_path / "gone", CARD)
    with pytest.raises(SetupError, match="expected the columns file and label; it has a, b"):
        read(manifest(classes, "1,2", columns="a,b"), CARD)
    with pytest.raises(SetupError, match="no image is of the split 'test'"):
        read(classes, CARD, "test")
    (tmp_path / "clear").mkdir()
    (tmp_path / "opacity").mkdir()
    for label in ("clear", "opacity"):
        (tmp_path / label / "broken.png").write_bytes(png(1)[:300])
    with pytest.raises(SetupError, match="2 images cannot be read"):
        read(tmp_path, CARD)
