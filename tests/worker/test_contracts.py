"""What others rely on: options, metrics, schema and the documents that tell them."""

import json
import re
from pathlib import Path

import click
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from tests.worker.stand import MODEL
from worker import cli, service
from worker import folders as layout
from worker.metrics import Metrics
from worker.pauses import Pause, Paused
from worker.settings import Settings
from worker.wake import Wake
from xray.errors import SetupError
from xray.reasons import Reason

ROOT = Path(__file__).parents[2]


def exposed() -> str:
    metrics = Metrics(CollectorRegistry())
    metrics.serve(MODEL, "1")
    return generate_latest(metrics.registry).decode()


def test_every_metric_is_documented_and_every_documented_metric_exists() -> None:
    shown = set(re.findall(r"^# TYPE (lungwatch_\w+) \w+$", exposed(), re.M))
    told = set(re.findall(r"^\| `(lungwatch_\w+)`", (ROOT / "docs/metrics.md").read_text(), re.M))
    assert {name for name in shown if not name.endswith("_created")} == told


def test_every_series_exists_from_the_start_and_there_are_few() -> None:
    text = exposed()
    for reason in Reason:
        assert f'lungwatch_files_total{{outcome="refused",reason="{reason.value}"}} 0.0' in text
    for pause in Pause:
        assert f'lungwatch_paused{{reason="{pause.value}"}} 0.0' in text
    assert text.count("lungwatch_findings_total{") == 6
    lines = [line for line in text.splitlines() if not line.startswith("#") and "_created" not in line]
    assert len([line for line in lines if "_bucket" not in line]) < 200


def test_every_pause_is_documented() -> None:
    told = (ROOT / "docs/metrics.md").read_text().split("## Pauses")[1]
    assert set(re.findall(r"^\| `(\w+)` \|", told, re.M)) - {"reason"} == {pause.value for pause in Pause}


def test_every_key_of_the_result_is_documented() -> None:
    schema = json.loads((ROOT / "worker/result.schema.json").read_text())
    told = set(re.findall(r"`([a-z0-9_.]+)`", (ROOT / "docs/result.md").read_text()))
    for key, value in schema["properties"].items():
        inner = value.get("properties") if key in ("source", "image") else None
        for name in [f"{key}.{one}" for one in inner] if inner else [key]:
            assert name in told, name


def options() -> list[tuple[str, click.Option]]:
    return [
        (name, option)
        for name, one in cli.main.commands.items()
        for option in one.params
        if isinstance(option, click.Option)
    ]


@pytest.mark.parametrize(("name", "option"), options(), ids=lambda one: one if isinstance(one, str) else one.opts[0])
def test_every_option_has_help_a_default_and_a_variable(name: str, option: click.Option) -> None:
    assert option.help
    assert option.envvar == "LUNGWATCH_" + option.opts[0].removeprefix("--").upper().replace("-", "_")
    assert option.default is not None or "[default: " in option.help


def test_the_ledger_may_not_lie_where_files_are_moved(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="--ledger"):
        layout.prepare(tmp_path, tmp_path / "incoming" / "ledger.sqlite")


def test_a_root_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="--root"):
        layout.prepare(tmp_path / "file", tmp_path / "ledger.sqlite")


def test_another_root_in_its_place_is_a_pause(tmp_path: Path) -> None:
    root = tmp_path / "spool"
    folders = layout.prepare(root, root / "ledger.sqlite")
    identity = folders.identity()
    folders.incoming.rmdir()
    assert folders.identity() != identity or folders.incoming.is_dir()
    root.rename(tmp_path / "elsewhere")
    with pytest.raises(Paused, match="folder_gone"):
        folders.identity()
    root.mkdir()
    with pytest.raises(Paused, match="folder_replaced"):
        folders.identity()


def test_a_file_that_is_no_model_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_text("no model")
    settings = Settings(tmp_path / "spool", tmp_path / "model.tflite", tmp_path / "ledger.sqlite", 1)
    with pytest.raises(SetupError, match="not a TFLite model"):
        service.run(settings, Wake(), print)
