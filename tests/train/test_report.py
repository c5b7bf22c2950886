"""The report as files: the page, its pictures, the numbers and the card, from two labels to four, from four images up."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.cards import make_card
from train.measuring.measure import findings, measure
from train.measuring.origin import Origin
from train.measuring.verdict import TRIAGE, verdicts
from train.report import pictures
from train.report.contents import Report
from train.report.pictures import Shown
from train.report.style import DARK
from train.report.training import training
from train.report.writing import write
from xray.calibration import Outputs, operating_points
from xray.decide import probabilities
from xray.errors import SetupError


def make(labels: tuple[str, ...], count: int, *, images: bool = True) -> Report:
    """A report on drawn numbers."""
    rng = np.random.default_rng(len(labels))
    truth = np.arange(count) % len(labels)
    scores = (rng.normal(size=(count, len(labels))) + 2 * np.eye(len(labels))[truth]).astype(np.float32)
    positive = labels[1] if len(labels) == 2 else None
    card = replace(make_card(), labels=labels, positive=positive)
    if positive is not None:
        card = replace(card, operating_points=operating_points(probabilities(scores, 1.0)[:, 1], truth == 1))
    told = Outputs(scores, np.zeros((count, 4), np.float32), truth)
    measured = replace(measure(card, {}, told, np.arange(count) // 2), data="drawn (test)", origin=Origin.TEST)
    decided = findings(card, {}, told)
    gray, colour = np.full((32, 32), 90, np.uint8), np.full((32, 32, 3), 90, np.uint8)
    shown = [
        Shown(f"{at}.png", labels[truth[at]], decided[at].label, "", decided[at].probabilities, gray)
        for at in pictures.examples(truth, decided)
    ]
    wrong = [
        Shown(f"{at}.png", labels[truth[at]], decided[at].label, "", decided[at].probabilities, gray, colour)
        for at in pictures.mistakes(truth, decided)
    ]
    return Report(
        card=card,
        model_file="model.keras",
        size_bytes=1,
        sha256="",
        measured=replace(measured, verdicts=verdicts(measured, TRIAGE)),
        bounds=TRIAGE,
        counts={"test": {label: int((truth == at).sum()) for at, label in enumerate(labels)}},
        leakage="nobody looked",
        command="lungwatch-train evaluate",
        training=training([{"epoch": 1, "stage": "all", "loss": 1.0, "val_loss": 1.0, "accuracy": 0.5}], {}),
        examples=tuple(shown) if images else (),
        mistakes=tuple(wrong) if images else (),
    )


class Page(HTMLParser):
    """Every tag of a page, and what it points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.targets += [value or "" for name, value in attrs if name in ("src", "srcset", "href")]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on two labels, one of which tries to be HTML and Markdown."""
    out = tmp_path_factory.mktemp("two")
    write(make(("clear", "<b>|opacity"), 60), out)
    return out


def test_the_page_needs_nothing_outside_itself(two: Path) -> None:
    page = Page((two / "report.html").read_text())
    assert all(target.startswith(("data:image/", "#")) for target in page.targets)
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert "http" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", (two / "report.html").read_text())
    assert page.tags.count("img") > 15


def test_words_out_of_the_data_stay_words(two: Path) -> None:
    assert "<b>|opacity" not in (two / "report.html").read_text()
    assert "&lt;b&gt;|opacity" in (two / "report.html").read_text()
    assert "| <b>\\|opacity |" in (two / "model_card.md").read_text()


def test_the_page_says_what_it_is_and_what_it_holds(two: Path) -> None:
    text = (two / "report.html").read_text()
    assert "Not a medical device" in text
    assert "holds patients' radiographs" in text


def test_every_figure_lies_there_as_svg_and_png(two: Path) -> None:
    names = {path.stem for path in (two / "figures").iterdir()}
    expected = {"confusion", "roc", "precision_recall", "reliability", "probabilities", "history_loss"}
    assert expected | {"history_accuracy", "examples", "mistakes"} == names
    for stem in [*(two / "figures" / name for name in names), two / "evaluation"]:
        assert stem.with_suffix(".svg").read_text().startswith("<?xml")
        assert stem.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_the_dark_picture_holds_no_colour_of_the_light_one(two: Path) -> None:
    from train.report.style import Picture

    dark = Picture((two / "figures" / "roc.svg").read_text(), b"").dark
    assert not [light for light in DARK if light in dark]


def test_page_card_and_json_tell_the_same_numbers(two: Path) -> None:
    told = json.loads((two / "metrics.json").read_text(), parse_constant=pytest.fail)
    area = f"{told['auroc']['value']:.3f}"
    assert area in (two / "report.html").read_text()
    assert f"| AUROC | {area} (" in (two / "model_card.md").read_text()
    assert len(told["classes"][1]["ranking"]["roc"]["x"]) == len(told["classes"][1]["ranking"]["roc"]["low"])


def test_the_card_begins_with_metadata_that_hubs_read(two: Path) -> None:
    _, head, body = (two / "model_card.md").read_text().split("---\n", 2)
    told = yaml.safe_load(head)
    assert {"library_name", "pipeline_tag", "tags", "license", "license_name", "metrics", "model-index"} == set(told)
    (result,) = told["model-index"][0]["results"]
    assert {"task", "dataset", "metrics"} == set(result)
    assert result["metrics"][0]["type"] == "roc_auc"
    assert 0.5 < result["metrics"][0]["value"] <= 1
    assert body.lstrip().startswith("# ")
    for block in re.findall(r"(?:^\|.*\n)+", body.replace("\\|", ""), re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1


@pytest.mark.parametrize(("labels", "count"), [(2, 4), (4, 40)])
def test_a_report_can_be_made_of_more_labels_and_of_hardly_any_images(labels: int, count: int, tmp_path: Path) -> None:
    write(make(("a", "b", "c", "d")[:labels], count), tmp_path)
    assert ("Operating points" in (tmp_path / "report.html").read_text()) is (labels == 2)


def test_a_report_without_images_leaves_none_of_an_earlier_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(make(("a", "b"), 8), out)
    assert out.stat().st_mode & 0o077 == 0
    write(make(("a", "b"), 8, images=False), out)
    assert not list((out / "figures").glob("examples.*")) + list((out / "figures").glob("mistakes.*"))
    text = (out / "report.html").read_text()
    assert "holds patients" not in text
    assert "image/jpeg" not in text


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SetupError, match="choose another --out"):
        write(make(("a", "b"), 8), tmp_path / "taken")


def test_pictures_are_chosen_by_rule_not_by_luck() -> None:
    scores = np.linspace(-2, 2, 21, dtype=np.float32)
    told = Outputs(np.stack([-scores, scores], 1), np.zeros((21, 4), np.float32), np.ones(21, np.int64))
    chosen = findings(replace(make_card(), positive=None), {}, told)
    assert pictures.examples(told.labels, chosen) == [0, 7, 13, 20]
    wrong = pictures.mistakes(told.labels, chosen)
    assert wrong == list(range(len(wrong)))
    assert 10 <= len(wrong) <= 11
