import csv
import io
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from tests.drawn import png, write_classes
from train.cli import cli
from train.data.dataset import read
from train.look import Look, look
from train.look.clean import clean, write
from xray.errors import SetupError


def brighter(data: bytes) -> bytes:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(data)).point(lambda value: int(255 * (value / 255) ** 0.8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set with one of each fault, and the larger images all of one class."""
    root = tmp_path_factory.mktemp("faulty")
    rows = []

    def add(name: str, data: bytes, label: str, patient: str, split: str) -> None:
        (root / name).write_bytes(data)
        rows.append(f"{name},{label},{patient},{split}")

    for at in range(20):
        opacity = bool(at % 2)
        side = 208 if opacity else 192
        add(f"{at}.png", png(at, opacity=opacity, side=side), "ab"[at % 2], f"p{at}", "train" if at < 12 else "test")
    add("near.png", brighter(png(0)), "a", "other", "test")
    add("same.png", png(2), "a", "another", "test")
    add("patient.png", png(40), "a", "p4", "test")
    add("other-label.png", png(6), "b", "p6", "train")
    add("cut.png", png(50)[:2000], "a", "p50", "train")
    rows.append("nowhere.png,a,p51,train")
    rows.append(f"{(root / '0.png').resolve()},c,p0,train")  # the third label is in train only
    (root / "manifest.csv").write_text("\n".join(["file,label,patient,split", *rows]))
    (root / "0.png").rename(root / "zero.png")
    text = (root / "manifest.csv").read_text().replace("\n0.png,", "\nzero.png,")
    (root / "manifest.csv").write_text(text)
    return root


@pytest.fixture(scope="module")
def seen(faulty: Path) -> Look:
    return look(faulty, workers=1)


def titles(seen: Look, *, wrong: bool) -> list[str]:
    return [remark.title for remark in seen.remarks if remark.wrong == wrong]


def test_every_fault_is_found_and_none_stops_the_look(seen: Look) -> None:
    assert titles(seen, wrong=True) == ["unreadable", "missing", "leakage", "contradiction"]
    assert titles(seen, wrong=False) == ["shortcut"]
    told = str(seen)
    assert "3 of 27 files cannot be read as radiographs (No such file or directory 2, incomplete 1)" in told
    assert "the test split has no image of c" in told
    assert "3 of 11 test images are known from train (1 by exact duplicate, 1 by near-duplicate, 1 by patient)" in told
    assert "2 images show the same radiograph" in told
    assert "a is told from the rest by its width alone" in told
    assert "verdict: not fit for training" in told


def test_each_unreadable_file_has_its_reason(seen: Look) -> None:
    assert [seen.survey.facts[at].refused.split(":")[0] for at in seen.unreadable] == [
        "incomplete",
        "No such file or directory",
        "No such file or directory",
    ]


def test_the_clean_manifest_leaves_out_what_is_wrong_and_says_what(seen: Look, tmp_path: Path) -> None:
    cleaned = clean(seen)
    assert "3 unreadable, 2 under contradictory labels, 3 known from test" in str(cleaned)
    write(seen, cleaned, tmp_path / "clean.csv")
    again = look(tmp_path / "clean.csv", workers=1)
    assert not again.wrong
    assert len(again.data.examples) == len(seen.data.examples) - 8
    assert again.data.of("test") == tuple(
        one for one in read(tmp_path / "clean.csv").examples if one.split == "test"
    ) and len(again.data.of("test")) == len(seen.data.of("test"))
    with pytest.raises(SetupError, match="is there already"):
        write(seen, cleaned, tmp_path / "clean.csv")


def test_a_clean_manifest_keeps_every_column(tmp_path: Path) -> None:
    data = write_classes(tmp_path / "data", 3)
    rows = [
        f"data/{file.relative_to(data)},{file.parent.name},p{file.stem},{at}"
        for at, file in enumerate(data.rglob("*.png"))
    ]
    (tmp_path / "m.csv").write_text("\n".join(["file,label,patient,age", *rows]))
    seen = look(tmp_path / "m.csv", workers=1)
    (tmp_path / "sub").mkdir()
    write(seen, clean(seen), tmp_path / "sub" / "clean.csv")
    with (tmp_path / "sub" / "clean.csv").open() as lines:
        written = list(csv.DictReader(lines))
    assert [row["age"] for row in written] == [str(at) for at in range(6)]
    assert {one.sha256 for one in read(tmp_path / "sub" / "clean.csv").examples} == {
        one.sha256 for one in seen.data.examples
    }


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["look", *map(str, arguments), "--workers", "1"], catch_exceptions=True)


def test_the_command_answers_with_1_where_something_is_wrong_and_leaves_a_page(faulty: Path, tmp_path: Path) -> None:
    result = run(faulty, "--out", tmp_path / "out")
    assert result.exit_code == 1, result.output
    page = (tmp_path / "out" / "look.html").read_text()
    assert "http" not in page.replace("http://www.w3.org", "")  # self-contained
    for words in (
        "cut.png",
        "incomplete",
        "Labels that contradict",
        "other-label.png",
        "Patients in more than one split",
        "No image of this class can be read",
        "p4",
    ):
        assert words in page
    for name in ("classes", "sizes", "greys", "samples"):
        assert np.asarray(Image.open(tmp_path / "out" / f"{name}.png")).size


def test_the_command_answers_with_0_where_nothing_is_wrong(tmp_path: Path) -> None:
    result = run(write_classes(tmp_path / "data", 4), "--out", tmp_path / "out")
    assert (result.exit_code, "nothing wrong was found" in result.output) == (0, True)


def test_what_is_no_data_set_is_a_set_up_error(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path / "nowhere").exception, SetupError)


@pytest.mark.data
def test_the_faults_of_the_real_sets_are_told(data_dir: Path) -> None:
    lung = look(data_dir / "lung3", workers=2)
    assert "9 of 66 test images are known from train" in str(lung)
    assert str(clean(lung)) == "310 images kept, 7 left out: 7 known from test"
    covid = look(data_dir / "covid4", workers=2)
    assert not covid.wrong
    assert next(one.by for one in covid.shortcuts if one.suspicious) == "source"
