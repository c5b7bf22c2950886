"""What the sub-commands share: how an option is declared, the folder and its ledger, errors to exit codes."""

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from worker.pauses import MEND
from xray.errors import SetupError

PATH = click.Path(path_type=Path)


def option(name: str, help: str, **more: Any) -> Callable[[Any], Any]:
    """Declare an option with help, a default and an environment variable."""
    variable = "LUNGWATCH_" + name.partition("/")[0].removeprefix("--").upper().replace("-", "_")
    return click.option(name, envvar=variable, show_envvar=True, show_default=True, help=help, **more)


ROOT = option("--root", "The drop folder; made if missing.", type=PATH, default=Path("spool"))
LEDGER = option("--ledger", "The ledger, on a local disk.  [default: ROOT/ledger.sqlite]", type=PATH)


def existing(root: Path, ledger: Path | None) -> Path:
    """Return the path of a ledger that is there."""
    path = ledger or root / "ledger.sqlite"
    if not path.exists():
        raise SetupError(f"there is no ledger at {path}; name the drop folder with --root")
    return path


def guard(work: Callable[[], None]) -> None:
    """Map errors to exit codes; what is neither set-up nor success is a bug, and may show its traceback."""
    try:
        work()
    except SetupError as error:
        click.echo(f"lungwatch-worker: {error}", err=True)
        sys.exit(2)


def guard_ledger(work: Callable[[], None]) -> None:
    """The same for commands beside a running worker, which can find the ledger busy, or not theirs to write."""

    def ask() -> None:
        try:
            work()
        except sqlite3.OperationalError as error:
            raise SetupError(f"the ledger cannot be used now ({error}); try again, as the worker's user") from error
        except sqlite3.DatabaseError as error:
            raise SetupError(f"the ledger is damaged ({error}); {MEND}") from error

    guard(ask)
