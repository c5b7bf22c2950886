"""The page of results says what was measured, and the recipes say the same."""

import re
from pathlib import Path

import pytest

from benchmarks.results.experiments import EXPERIMENTS, SWEEPS, Experiment
from benchmarks.results.figures import FOLDER, Figures
from benchmarks.results.page import PAGE, page
from benchmarks.results.reached import reached as told
from train.changes import Changes
from train.recipe import load, names, reached

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_the_page_is_what_its_words_and_the_committed_figures_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_figure_belongs_to_an_experiment_and_every_experiment_has_its_figures() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {one.name for one in (*EXPERIMENTS, *SWEEPS)}


@pytest.mark.parametrize("one", EXPERIMENTS, ids=lambda one: one.name)
def test_figures_were_made_by_the_command_that_stands_beside_them(one: Experiment) -> None:
    figures = Figures.read(one.name)
    assert figures.command == one.command
    assert figures.recipe == one.recipe
    assert one.recipe in names()


def test_figures_name_no_file_and_no_patient() -> None:
    for path in FOLDER.glob("*.json"):
        assert not re.search(r"\.jpe?g|\.png|person\d|IM-\d", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("name", names())
def test_a_recipe_s_docstring_says_what_it_reached(name: str) -> None:
    published = [one for one in EXPERIMENTS if one.recipe == name and load(name) and "--stages" not in one.options]
    if published:
        assert reached(name) == told(Figures.read(published[0].name))


def test_changes_are_told_by_name() -> None:
    """The options of a published sweep are those of fit."""
    for sweep in SWEEPS:
        for option in re.findall(r"--vary ([a-z-]+)", sweep.options):
            assert option.replace("-", "_") in Changes.__dataclass_fields__
