"""The sub-commands for looking after a drop folder. A worker may run all the while."""

import re
import sys
import time
from contextlib import closing
from pathlib import Path

import click

from worker import doctor as treatment
from worker import purge as purging
from worker import requeue as requeueing
from worker import status as looking
from worker.audit import audit as compare
from worker.folders import MARKER, Folders
from worker.ids import Ids
from worker.ledger import Ledger
from worker.lock import Lock, holder
from worker.options import LEDGER, ROOT, existing, guard_ledger, option
from xray.errors import SetupError

_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


class _Age(click.ParamType[float]):
    name = "age"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        match = re.fullmatch(r"(\d+)([mhdw])", str(value))
        if match is None:
            self.fail(f"{value!r}: expected a number and m, h, d or w (minutes to weeks), such as 30d", param, ctx)
        return float(int(match[1]) * _SECONDS[match[2]])


@click.command()
@ROOT
@LEDGER
@option("--json", "One line of JSON instead of a table.", is_flag=True, default=False)
def status(root: Path, ledger: Path | None, json: bool) -> None:
    """Say whether a worker runs here, how it is, and count what it did."""

    def show() -> None:
        with closing(Ledger(existing(root, ledger), read_only=True)) as book:
            found = looking.look(root, book)
        click.echo(looking.as_json(found) if json else looking.table(found))

    guard_ledger(show)


@click.command()
@ROOT
@LEDGER
@option("--digests/--no-digests", "Read every file and compare its digest.", default=True)
def audit(root: Path, ledger: Path | None, digests: bool) -> None:
    """Prove that every file seen has its answer or refusal, and that each lies where it should.

    Exit code 1 where that does not hold.
    """

    def check() -> None:
        with closing(Ledger(existing(root, ledger), read_only=True)) as book:
            report = compare(Folders(root.absolute()), book, digests=digests)
        click.echo(
            f"seen {report.seen} = answered {report.answered} + refused {report.refused}"
            f" + in hand {report.in_hand} + waiting {report.waiting}"
        )
        if report.purged:
            click.echo(f"of these, the files of {report.purged} were purged")
        for fault in report.faults:
            click.echo(fault)
        click.echo(f"{len(report.faults)} faults")
        sys.exit(1 if report.faults else 0)

    guard_ledger(check)


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@ROOT
@LEDGER
def requeue(ids: tuple[str, ...], root: Path, ledger: Path | None) -> None:
    """Have files read again that were answered or refused, named by the ids of their results.

    Each gets a new result, whose `revision_of` names the old one; the old result stays. Prints old and new id.
    """

    def ask() -> None:
        make = Ids()
        with closing(Ledger(existing(root, ledger))) as book:
            for old in ids:
                new = requeueing.requeue(root.absolute(), book, old, make.next(), time.time())
                click.echo(f"{old} {new}")
        if holder(root) is None:
            click.echo("No worker serves this folder now; the next one to start reads them.", err=True)

    guard_ledger(ask)


@click.command()
@ROOT
@LEDGER
@option("--older-than", "What was decided longer ago, such as 30d.  [default: none; required]", type=_Age())
@option("--results", "Remove results too, and forget the names of their files.", is_flag=True, default=False)
@option("--yes", "Really remove; without it, only say what would go.", is_flag=True, default=False)
def purge(root: Path, ledger: Path | None, older_than: float | None, results: bool, yes: bool) -> None:
    """Remove files from done and quarantine whose time of keeping is over.

    Results stay unless --results is given. The ledger keeps a row for each file, so that the audit still holds.
    """
    if older_than is None:
        raise click.UsageError("say how old a file must be to go: --older-than 30d")

    def remove() -> None:
        before = time.time() - older_than
        with closing(Ledger(existing(root, ledger), read_only=not yes)) as book:
            due = purging.due(book, before, results=results)
            what = f"{due.sources} files ({due.source_bytes / 1e6:.1f} MB)"
            if results:
                what += f" and {due.results} results"
            if not yes:
                click.echo(f"{what} would be removed; with --yes they are")
                return
            total = due.sources + due.results
            with click.progressbar(length=total, file=sys.stderr, label="Purging", hidden=not _is_watched()) as bar:
                purging.purge(root.absolute(), book, before, results=results, progress=bar.update)
        click.echo(f"{what} removed")

    guard_ledger(remove)


def _is_watched() -> bool:
    return sys.stderr.isatty()


@click.command()
@ROOT
@LEDGER
@option("--rebuild", "Make the ledger anew from the folders; the old one is kept aside.", is_flag=True, default=False)
def doctor(root: Path, ledger: Path | None, rebuild: bool) -> None:
    """Look whether the ledger is sound, and make it anew if asked. No worker may run meanwhile.

    Exit code 1 where something does not fit together.
    """

    def mend() -> None:
        folders, path = Folders(root.absolute()), (ledger or root / "ledger.sqlite").absolute()
        if not (root / MARKER).exists():
            raise SetupError(f"{root} is no drop folder: it has no file {MARKER}; name the drop folder with --root")
        with closing(Lock(root)) as lock:
            if not lock.take():
                raise SetupError(f"a worker serves {root}; stop it first, for it would not see the new ledger")
            if rebuild:
                report = treatment.rebuild(folders, path, time.time())
            else:
                with closing(Ledger(existing(root, ledger), check=True)):
                    click.echo("the ledger is sound; `lungwatch-worker audit` compares it with the folders")
                return
        if report.kept:
            click.echo(f"the old ledger is kept as {report.kept}")
        click.echo(
            f"{report.rows['closed']} closed, {report.rows['decided']} to publish, {report.rows['intent']} to read"
        )
        for remark in report.remarks:
            click.echo(remark)
        sys.exit(1 if report.remarks else 0)

    guard_ledger(mend)
