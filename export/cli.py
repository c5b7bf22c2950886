"""`lungwatch-export`: parse, build, call, map errors to exit codes. Its commands stand in `export/commands/`, a file each."""

import importlib
import logging
import os
import pkgutil
import sys
from typing import Any

import click

import export.commands
from export.printable import printable
from xray.errors import SetupError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


class _Folder(click.Group):
    """The commands are the files of `export/commands/`, imported when they are asked for: most need no TensorFlow."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(module.name for module in pkgutil.iter_modules(export.commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: Any = importlib.import_module(f"export.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Folder, context_settings={"show_default": True, "auto_envvar_prefix": "LUNGWATCH_EXPORT"})
def cli() -> None:
    """Turn a run into one .tflite file, and prove that it still decides the same. Not a medical device."""
    for noisy in ("absl", "tensorflow"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def main() -> None:
    """Run the command; exit 1 where a check failed, 2 where the set-up is wrong."""
    try:
        cli(prog_name="lungwatch-export")
    except SetupError as error:
        click.echo(printable(f"lungwatch-export: {error}"), err=True)
        sys.exit(2)
