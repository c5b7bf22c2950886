"""The repository's own promises: locks that fit setup.cfg, one version, links that lead somewhere."""

import configparser
import importlib.metadata
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.test_architecture import OURS, TABLE, imports
from xray import __version__

ROOT = Path(__file__).parent.parent
LOCKS = {
    "worker": ("worker", "dicom"),
    "train": ("train", "export", "dicom"),
    "dev": ("dev",),
    "fuzz": ("fuzz",),
}


@dataclass(frozen=True)
class Pin:
    """One package of a lock file."""

    version: str
    hashes: tuple[str, ...]


@cache
def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def required(*extras: str) -> list[Requirement]:
    """Return what these extras and the package itself ask for; an extra that names another brings that along."""
    texts = setup_cfg()["options"]["install_requires"].split("\n")
    for extra in extras:
        texts += setup_cfg()["options.extras_require"][extra].split("\n")
    found = [Requirement(text) for text in texts if text.strip() and not text.strip().startswith("#")]
    nested = {extra for one in found if one.name == "lungwatch" for extra in one.extras}
    return [one for one in found if one.name != "lungwatch"] + (required(*sorted(nested)) if nested else [])


def pins(lock: str) -> dict[str, Pin]:
    """Read `requirements/<lock>.lock`: canonical name to pin."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if entry := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*])?==(\S+)(.*)", line):
            name, version, rest = entry.groups()
            found[str(canonicalize_name(name))] = Pin(version, tuple(re.findall(r"--hash=(sha256:[0-9a-f]{64})", rest)))
    return found


@pytest.mark.parametrize(("lock", "extras"), LOCKS.items())
def test_a_lock_satisfies_setup_cfg(lock: str, extras: tuple[str, ...]) -> None:
    locked = pins(lock)
    wrong = [
        f"{need}, but {lock}.lock has {locked[name].version if name in locked else 'nothing'}"
        for need in required(*extras)
        if (name := canonicalize_name(need.name)) not in locked or not need.specifier.contains(locked[name].version)
    ]
    assert wrong == [], "run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash_and_no_address(lock: str) -> None:
    assert [name for name, pin in pins(lock).items() if not pin.hashes] == []
    assert not re.search(r"://|^--|^-e|@ ", (ROOT / "requirements" / f"{lock}.lock").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("lock", ["worker", "train"])
def test_what_is_tested_is_what_runs(lock: str) -> None:
    """The full environment, where the tests run, has the very versions of the smaller ones."""
    tested = pins("dev")
    assert {name: pin.version for name, pin in pins(lock).items()} == {
        name: tested[name].version for name in pins(lock)
    }


def test_the_worker_installs_no_tensorflow() -> None:
    assert not {"tensorflow", "tf-keras", "keras", "tensorflow-model-optimization"} & set(pins("worker"))


@pytest.mark.parametrize("package", TABLE)
def test_what_is_imported_is_declared(package: str) -> None:
    """`pip install .[worker]` must bring all that the worker imports, not trust another package to bring it."""
    declared = {canonicalize_name(need.name) for need in required(*TABLE[package].extras)}
    providers = importlib.metadata.packages_distributions()
    undeclared = [
        f"{found.file}:{found.line} imports {found.name}"
        for found in imports(ROOT, package)
        if found.top not in sys.stdlib_module_names | OURS
        and not declared & {canonicalize_name(name) for name in providers.get(found.top, [])}
    ]
    assert undeclared == []


def test_tensorflow_and_tf_keras_are_the_same_version() -> None:
    assert pins("train")["tensorflow"].version == pins("train")["tf-keras"].version


def test_the_changelog_knows_the_version() -> None:
    releases = re.findall(r"^## \[?([^]\s]+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert releases[0] == __version__


def test_pyproject_says_how_to_build_and_nothing_else() -> None:
    assert (ROOT / "pyproject.toml").read_text("utf-8").splitlines()[0] == "[build-system]"
    assert len((ROOT / "pyproject.toml").read_text("utf-8").splitlines()) == 3


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_lists_every_target() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    phony = re.findall(r"^\.PHONY: (\S+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"^  make (\S+)", shown, re.MULTILINE)) == set(phony)


def test_relative_links_in_the_documents_lead_somewhere() -> None:
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/*.md")]
        for target in re.findall(r"]\(([^)#\s]+)", document.read_text("utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not (document.parent / target).exists()
    ]
    assert broken == []


def test_every_decision_says_situation_choice_and_price() -> None:
    for page in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        headings = re.findall(r"^## (.+)", page.read_text("utf-8"), re.MULTILINE)
        assert headings == ["Situation", "Choice", "Price"], page.name


def test_the_glossary_defines_each_word_once() -> None:
    words = re.findall(r"^\*\*([^*]+)\*\*", (ROOT / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE)
    assert words
    assert sorted({word.lower() for word in words}) == sorted(word.lower() for word in words)
