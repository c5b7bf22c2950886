"""`lungwatch-export verify`: whether a model file can be used on this machine."""

import sys
from pathlib import Path

import click


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sha256", help="Refuse the file unless this is its sha256, as its maker published it.")
def command(file: Path, sha256: str | None) -> None:
    """Verify a model FILE on this machine: whole, readable, and computing what its maker's machine did.

    Needs no TensorFlow, so that it runs on the device. Exit code 1: a check failed; 2: nothing could be checked.
    """
    from export.child import call
    from export.printable import printable
    from export.verify import verify

    checks = call(verify, file, sha256)
    for check in checks:
        click.echo(printable(f"{'good' if check.passed else 'BAD '}  {check.sentence}"))
    if not all(check.passed for check in checks):
        click.echo(f"Do not use {file.name} on this machine.", err=True)
        sys.exit(1)
    click.echo(f"{file.name} can be used on this machine. How often it is right is another question: see its card.")
