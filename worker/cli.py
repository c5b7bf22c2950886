"""The command `lungwatch-worker`."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import click

from worker import model, service, upkeep
from worker.logs import configure
from worker.options import LEDGER, PATH, ROOT, guard, option
from worker.serving import Summary
from worker.settings import Limits, Settings
from worker.wake import Wake

_SERVING = (
    ROOT,
    option("--model", "The model file.  [default: the reference model]", type=PATH),
    LEDGER,
    option("--operating-point", "Name of an operating point on the model's card.  [default: the card's first]"),
    option("--workers", "Reader processes.  [default: one for each core]", type=click.IntRange(1, 256)),
    option("--settle", "Seconds that a file must stay unchanged.", type=click.FloatRange(0), default=2.0),
    option("--cpu-seconds", "CPU time for reading one file.", type=click.IntRange(1), default=Limits.cpu_seconds),
    option("--wall-seconds", "Time for reading one file.", type=click.FloatRange(1), default=Limits.wall_seconds),
    option("--memory-mb", "Memory for reading one file.", type=click.IntRange(64), default=Limits.memory_bytes >> 20),
    option("--identity/--no-identity", "Tell in results what was sent: names, UIDs, accession number.", default=True),
    option("--log-format", "How log lines are written.", type=click.Choice(["text", "json"]), default="text"),
    option("--log-level", "How much is written.", type=click.Choice(["debug", "info", "warning"]), default="info"),
)


def _options(options: tuple[Callable[[Any], Any], ...]) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for one in reversed(options):
            function = one(function)
        return function

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Answer every chest radiograph that is put into a folder.

    Not a medical device. Exit codes: 0 done, 1 some files were refused, 2 wrong use or set-up.
    """


@main.command()
@_options(_SERVING)
@option("--listen", "Address and port of the page and of /metrics; empty for none.", default="127.0.0.1:8080")
@option("--patience", "Seconds until an unfinished file is refused.", type=click.FloatRange(0), default=900.0)
@option("--rescan", "Seconds between looks when nothing is heard.", type=click.FloatRange(0.1), default=5.0)
def run(listen: str, patience: float, rescan: float, **given: Any) -> None:
    """Watch a folder and answer what is dropped, until stopped (SIGTERM or Ctrl-C)."""

    def serve() -> None:
        settings = replace(_settings(**given), listen=listen, patience_seconds=patience, rescan_seconds=rescan)
        service.run(settings, _wake(), lambda line: click.echo(line, err=True))

    guard(serve)


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

    guard(serve)


for one in (upkeep.status, upkeep.audit, upkeep.requeue, upkeep.purge, upkeep.doctor):
    main.add_command(one)


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
        identity=given["identity"],
        limits=Limits(given["cpu_seconds"], given["wall_seconds"], given["memory_mb"] << 20),
    )


def _wake() -> Wake:
    wake = Wake()

    def stop(number: int, frame: FrameType | None) -> None:
        wake.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    # The kernel sends it when a writer breaks one of our leases (`worker.settle`); unhandled it would end the worker.
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    return wake


def _tell(summary: Summary) -> None:
    refused = {reason: number for reason, number in summary.outcomes.items() if reason}
    line = f"{summary.outcomes.get('', 0)} answered, {sum(refused.values())} refused"
    if refused:
        line += " (" + ", ".join(f"{number} {reason}" for reason, number in sorted(refused.items())) + ")"
    if summary.left:
        line += f", {summary.left} left in incoming (still being written)"
    click.echo(line)
