"""What README and docs say can be done is done here: their commands exist, their examples run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import export.cli
import train.cli
import worker.cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/*.md")]
)
COMMANDS = {"train": train.cli.cli, "export": export.cli.cli, "worker": worker.cli.main}


def blocks(text: str, *languages: str) -> list[str]:
    """Return the fenced blocks in these languages, fence by fence: a closing fence never opens."""
    found: list[str] = []
    inside: list[str] | None = None
    for line in text.splitlines():
        if not line.startswith("```"):
            if inside is not None:
                inside.append(line)
        elif inside is None:
            inside, language = [], line[3:].strip()
        else:
            if language in languages:
                found.append("\n".join(inside))
            inside = None
    return found


def shell_lines(text: str) -> list[str]:
    return [line.split("#")[0].strip() for block in blocks(text, "", "sh") for line in block.splitlines()]


def test_readme_shows_commands_of_every_package() -> None:
    for package in COMMANDS:
        assert any(line.startswith(f"lungwatch-{package} ") for line in shell_lines(README))


def test_no_document_holds_a_place_where_something_is_still_to_come() -> None:
    for document in DOCUMENTS:
        assert not re.search(r"^[A-Z]{4,}$", document.read_text(encoding="utf-8"), re.M), document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_and_option_that_a_document_names_exists(document: Path) -> None:
    for line in shell_lines(document.read_text(encoding="utf-8")):
        if found := re.match(r"lungwatch-(train|export|worker) ([a-z-]+)(.*)", line):
            package, name, rest = found.groups()
            command = COMMANDS[package].get_command(click.Context(COMMANDS[package]), name)
            assert command is not None, f"lungwatch-{package} has no command {name}"
            known = {
                option
                for one in command.params
                if isinstance(one, click.Option)
                for option in (*one.opts, *one.secondary_opts)
            }
            assert set(re.findall(r"--[a-z0-9-]+", rest)) <= known, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8")))
    assert named <= targets


def test_the_readme_s_first_example_runs_and_answers_as_shown(tmp_path: Path) -> None:
    """A drawn radiograph, the reference model, `once`; every field that the README shows is in the result."""
    incoming = tmp_path / "spool" / "incoming"
    incoming.mkdir(parents=True)
    drawn = subprocess.run([sys.executable, "-m", "xray.phantom"], capture_output=True, check=True, cwd=ROOT)
    (incoming / "drawn.png").write_bytes(drawn.stdout)
    command = [sys.executable, "-m", "worker", "once", "--root", str(tmp_path / "spool")]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    (result,) = (tmp_path / "spool" / "results").rglob("*.json")
    told = json.loads(result.read_text())
    (shown,) = blocks(README, "json")
    for name, value in json.loads(shown).items():
        assert type(told[name]) is type(value), name
        if isinstance(value, dict):
            assert set(told[name]) == set(value), name
    assert told["finding"] == json.loads(shown)["finding"]
    assert told["probabilities"] == pytest.approx(json.loads(shown)["probabilities"], abs=0.002)
    assert told["operating_point"] == pytest.approx(json.loads(shown)["operating_point"], abs=0.006)
    assert told["not_for_diagnosis"] is True


def test_python_examples_in_docs_run() -> None:
    for document in DOCUMENTS:
        for code in blocks(document.read_text(encoding="utf-8"), "python"):
            subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)


def test_the_model_card_is_the_one_of_the_model_file() -> None:
    from export.model_card import markdown
    from xray import model_file

    (path,) = (ROOT / "models").glob("*.tflite")
    found = model_file.read(path)
    text = markdown(found.card, path.name, len(found.content), found.sha256)
    assert path.with_suffix(".md").read_text(encoding="utf-8").startswith(text.rstrip())
    assert path.stat().st_size <= 4_000_000


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_runs_to_its_end() -> None:
    done = subprocess.run([sys.executable, "demo.py"], cwd=ROOT, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr[-2000:]
    (right,) = re.findall(r"(\d+) of 12 findings as drawn", done.stdout)
    assert int(right) >= 9
    assert 'lungwatch_files_total{outcome="answered",reason=""} 12.0' in done.stdout
