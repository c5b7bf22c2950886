"""The command `lungwatch-worker`."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import click

from worker import folders as layout
from worker import model, service
from worker.audit import audit as compare
from worker.ledger import Ledger
from worker.lock import is_held
from worker.logs import configure
from worker.service import Summary
from worker.settings import Limits, Settings
from worker.wake import Wake
from xray.errors import SetupError

_PATH = click.Path(path_type=Path)


def _option(name: str, help: str, **more: Any) -> Callable[[Any], Any]:
    variable = "LUNGWATCH_" + name.partition("/")[0].removeprefix("--").upper().replace("-", "_")
    return click.option(name, envvar=variable, show_envvar=True, show_default=True, help=help, **more)


_ROOT = _option("--root", "The drop folder; made if missing.", type=_PATH, default=Path("spool"))
_LEDGER = _option("--ledger", "The ledger, on a local disk.  [default: ROOT/ledger.sqlite]", type=_PATH)
_SERVING = (
    _ROOT,
    _option("--model", "The model file.  [default: the reference model]", type=_PATH),
    _LEDGER,
    _option("--operating-point", "Name of an operating point on the model's card.  [default: the card's first]"),
    _option("--workers", "Reader processes.  [default: one for each core]", type=click.IntRange(1, 256)),
    _option("--settle", "Seconds that a file must stay unchanged.", type=click.FloatRange(0), default=2.0),
    _option("--cpu-seconds", "CPU time for reading one file.", type=click.IntRange(1), default=Limits.cpu_seconds),
    _option("--wall-seconds", "Time for reading one file.", type=click.FloatRange(1), default=Limits.wall_seconds),
    _option("--memory-mb", "Memory for reading one file.", type=click.IntRange(64), default=Limits.memory_bytes >> 20),
    _option("--log-format", "How log lines are written.", type=click.Choice(["text", "json"]), default="text"),
    _option("--log-level", "How much is written.", type=click.Choice(["debug", "info", "warning"]), default="info"),
)


def _options(options: tuple[Callable[[Any], Any], ...]) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Answer every chest radiograph that is put into a folder.

    Not a medical device. Exit codes: 0 done, 1 some files were refused, 2 wrong use or set-up.
    """


@main.command()
@_options(_SERVING)
@_option("--listen", "Address and port of the page and of /metrics; empty for none.", default="127.0.0.1:8080")
@_option("--patience", "Seconds until an unfinished file is refused.", type=click.FloatRange(0), default=900.0)
@_option("--rescan", "Seconds between looks when nothing is heard.", type=click.FloatRange(0.1), default=5.0)
def run(listen: str, patience: float, rescan: float, **given: Any) -> None:
    """Watch a folder and answer what is dropped, until stopped (SIGTERM or Ctrl-C)."""

    def serve() -> None:
        settings = replace(_settings(**given), listen=listen, patience_seconds=patience, rescan_seconds=rescan)
        service.run(settings, _wake(), lambda line: click.echo(line, err=True))

    _guard(serve)


@main.command()
@_options(_SERVING)
def once(**given: Any) -> None:
    """Answer what is in ROOT/incoming, and end."""

    def serve() -> None:
        settings = _settings(**given)
        people = sys.stderr.isatty()
        if people:  # the bar says what the lines would say
            configure(given["log_format"], "warning")
        with click.progressbar(length=1, file=sys.stderr, label="Reading", hidden=not people) as bar:

            def progress(done: int, waiting: int) -> None:
                bar.length = max(done + waiting, 1)
                bar.update(done - bar.pos)

            summary = service.once(settings, _wake(), progress)
        _tell(summary)
        sys.exit(1 if summary.left or set(summary.outcomes) - {""} else 0)

    _guard(serve)


@main.command()
@_ROOT
@_LEDGER
@_option("--digests/--no-digests", "Read every file and compare its digest.", default=True)
def audit(root: Path, ledger: Path | None, digests: bool) -> None:
    """Prove that every file seen has its answer or refusal, and that each lies where it should.

    Exit code 1 where that does not hold.
    """

    def check() -> None:
        with_ledger = _existing(root, ledger)
        report = compare(layout.Folders(root.absolute()), Ledger(with_ledger, read_only=True), digests=digests)
        click.echo(
            f"seen {report.seen} = answered {report.answered} + refused {report.refused}"
            f" + in hand {report.in_hand} + waiting {report.waiting}"
        )
        for fault in report.faults:
            click.echo(fault)
        click.echo(f"{len(report.faults)} faults")
        sys.exit(1 if report.faults else 0)

    _guard(check)


@main.command()
@_ROOT
@_LEDGER
def status(root: Path, ledger: Path | None) -> None:
    """Say whether a worker runs here, and count what it did."""

    def count() -> None:
        book = Ledger(_existing(root, ledger), read_only=True)
        click.echo("a worker serves this folder" if is_held(root) else "no worker serves this folder")
        query = "SELECT state, outcome, reason, count(*) FROM file GROUP BY 1, 2, 3 ORDER BY 4 DESC"
        for state, outcome, reason, number in book.rows(query):
            kind = (
                " ".join(str(word) for word in (outcome, reason) if word) if state == "closed" else f"in hand ({state})"
            )
            click.echo(f"{number:>8}  {kind}")
        waiting = sum(len(files) for _, _, files in os.walk(root / "incoming"))
        click.echo(f"{waiting:>8}  waiting in incoming")

    _guard(count)


def _settings(**given: Any) -> Settings:
    configure(given["log_format"], given["log_level"])
    root = given["root"]
    return Settings(
        root=root,
        model=given["model"] or model.reference(),
        ledger=given["ledger"] or root / "ledger.sqlite",
        workers=given["workers"] or len(os.sched_getaffinity(0)),
        settle_seconds=given["settle"],
        operating_point=given["operating_point"],
        limits=Limits(given["cpu_seconds"], given["wall_seconds"], given["memory_mb"] << 20),
    )


def _existing(root: Path, ledger: Path | None) -> Path:
    path = ledger or root / "ledger.sqlite"
    if not path.exists():
        raise SetupError(f"there is no ledger at {path}; name the drop folder with --root")
    return path


def _wake() -> Wake:
    wake = Wake()

    def stop(number: int, frame: FrameType | None) -> None:
        wake.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    # The kernel sends it when a writer breaks one of our leases (`worker.settle`); unhandled it would end the worker.
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    return wake


def _guard(work: Callable[[], None]) -> None:
    """Map errors to exit codes; what is neither set-up nor success is a bug, and may show its traceback."""
    try:
        work()
    except SetupError as error:
        click.echo(f"lungwatch-worker: {error}", err=True)
        sys.exit(2)


def _tell(summary: Summary) -> None:
    refused = {reason: number for reason, number in summary.outcomes.items() if reason}
    line = f"{summary.outcomes.get('', 0)} answered, {sum(refused.values())} refused"
    if refused:
        line += " (" + ", ".join(f"{number} {reason}" for reason, number in sorted(refused.items())) + ")"
    if summary.left:
        line += f", {summary.left} left in incoming (still being written)"
    click.echo(line)
