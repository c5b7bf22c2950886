from pathlib import Path

import pytest

from tests.drawn import png
from train.data import dataset
from train.data.split import split as split_by_patient
from xray.errors import SetupError


def test_a_folder_of_classes_is_a_data_set_without_splits(drawn: Path) -> None:
    found = dataset.read(drawn)
    assert found.labels == ("clear", "opacity")
    assert found.counts() == {"unsplit": {"clear": 24, "opacity": 24}}


def test_a_folder_of_splits_of_classes_keeps_its_splits(tmp_path: Path) -> None:
    for split in ("train", "validation", "test"):
        for label in ("a", "b"):
            (tmp_path / split / label).mkdir(parents=True)
            (tmp_path / split / label / "1.png").write_bytes(png(len(split) * 2 + (label == "a")))
    found = dataset.read(tmp_path)
    assert set(found.counts()) == {"train", "val", "test"}
    assert split_by_patient(found, 0)[0] == found


def test_a_manifest_tells_patient_and_fold(tmp_path: Path) -> None:
    for name in "xyz":
        (tmp_path / f"{name}.png").write_bytes(png(ord(name)))
    text = (
        "\ufefffile,label,patient,fold,note\nx.png, a ,p1,train,s\ny.png,b,p2,val,\nz.png,a,,,\n"  # as Excel saves it
    )
    (tmp_path / "manifest.csv").write_text(text)
    first, second, third = dataset.read(tmp_path).examples
    assert (first.patient, first.split, first.label) == ("p1", "train", "a")
    assert (second.split, third.split, third.patient) == ("val", None, None)
    assert (first.columns, second.columns) == ({"note": "s"}, {"note": ""})
    assert len({first, second, third}) == 3  # they can be hashed, columns and all


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
        ("file,label\nx.png,\n", "line 2: the label is empty"),
        ("file,label\nx.png\n", "another number of columns"),
        ("file,label\nx.png,a\nx.png,b\n", "more than one row"),
    ],
)
def test_a_bad_manifest_is_told_with_what_was_expected(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.png").write_bytes(png(1))
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(SetupError, match=words):
        dataset.read(tmp_path)


def test_a_manifest_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_bytes("file,label\nü.png,a\n".encode("latin-1"))
    with pytest.raises(SetupError, match="UTF-8"):
        dataset.read(tmp_path)


def test_an_empty_class_and_a_missing_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="does not exist"):
        dataset.read(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SetupError, match="holds no image"):
        dataset.read(tmp_path)


def test_a_data_set_is_called_as_its_folder_or_as_its_manifest(tmp_path: Path) -> None:
    for name in "xy":
        (tmp_path / f"{name}.png").write_bytes(png(ord(name)))
    for manifest in ("manifest.csv", "clean.csv"):
        (tmp_path / manifest).write_text("file,label\nx.png,a\ny.png,b\n")
    assert dataset.read(tmp_path).name == tmp_path.name
    assert dataset.read(tmp_path / "clean.csv").name == "clean"
