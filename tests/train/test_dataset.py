from pathlib import Path

import pytest

from tests.drawn import png
from train import dataset
from xray.errors import SetupError


def test_a_folder_of_classes_is_a_data_set_without_splits(drawn: Path) -> None:
    found = dataset.read(drawn)
    assert found.labels == ("clear", "opacity")
    assert found.counts() == {"unsplit": {"clear": 24, "opacity": 24}}


def test_a_folder_of_splits_of_classes_keeps_its_splits(tmp_path: Path) -> None:
    for split in ("train", "validation", "test"):
        for label in ("a", "b"):
            (tmp_path / split / label).mkdir(parents=True)
            (tmp_path / split / label / "1.png").write_bytes(png(1))
    assert set(dataset.read(tmp_path).counts()) == {"train", "val", "test"}


def test_a_manifest_tells_patient_fold_and_anything_else(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(png(1))
    (tmp_path / "y.png").write_bytes(png(2))
    (tmp_path / "manifest.csv").write_text("file,label,patient,fold,subtype\nx.png,a,p1,train,s\ny.png,b,p2,val,\n")
    first, second = dataset.read(tmp_path).examples
    assert (first.patient, first.split, first.columns) == ("p1", "train", {"subtype": "s"})
    assert (second.split, second.columns) == ("val", {})


def test_the_digest_depends_on_pixels_labels_and_splits_and_not_on_names(tmp_path: Path) -> None:
    for name, label in (("one", "a"), ("two", "b")):
        (tmp_path / f"{name}.png").write_bytes(png(ord(label)))
    texts = (
        "file,label\none.png,a\ntwo.png,b\n",
        "file,label\ntwo.png,b\none.png,a\n",
        "file,label\none.png,b\ntwo.png,a\n",
    )
    digests = []
    for text in texts:
        (tmp_path / "manifest.csv").write_text(text)
        digests.append(dataset.read(tmp_path).digest())
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file\nx.png\n", "missing"),
        ("file,label\nnowhere.png,a\n", "is not there"),
        ("file,label,split\nx.png,a,somewhere\n", "expected one of train, val, test"),
        ("file,label\nx.png,a\n", "at least two classes"),
    ],
)
def test_a_bad_manifest_is_told_with_what_was_expected(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.png").write_bytes(png(1))
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(SetupError, match=words):
        dataset.read(tmp_path)


def test_an_empty_class_and_a_missing_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="does not exist"):
        dataset.read(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SetupError, match="holds no image"):
        dataset.read(tmp_path)
