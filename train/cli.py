"""`lungwatch-train`: parse, build, call, map errors to exit codes. Its commands stand in `train/commands/`, a file each."""

import importlib
import pkgutil
import sys
from typing import Any

import click

import train.commands
from train.log import log_to_stderr
from xray.errors import SetupError


class _Folder(click.Group):
    """The commands are the files of `train/commands/`, imported when they are asked for: `--help` needs no TensorFlow."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(module.name for module in pkgutil.iter_modules(train.commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: Any = importlib.import_module(f"train.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Folder, context_settings={"show_default": True, "auto_envvar_prefix": "LUNGWATCH_TRAIN"})
def cli() -> None:
    """Train chest X-ray classifiers and tell honestly how good they are. Not a medical device."""
    log_to_stderr()


def main() -> None:
    """Run the command; exit 2 where the set-up is wrong."""
    try:
        cli(prog_name="lungwatch-train")
    except SetupError as error:
        click.echo(f"lungwatch-train: {error}", err=True)
        sys.exit(2)
