"""`lungwatch-export profiles`: how a run can be quantized."""

import click


@click.command("profiles")
def command() -> None:
    """List the profiles."""
    from export.profiles import PROFILES

    for profile in PROFILES:
        click.echo(f"{profile.name:10s} {profile.summary}")
