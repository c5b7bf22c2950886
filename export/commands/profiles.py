"""`lungwatch-export profiles`: how a run can be quantized."""

import shutil
import textwrap

import click


@click.command("profiles")
def command() -> None:
    """Explain the profiles: what each is for, what it costs, when not to use it."""
    from export.profiles import PROFILES, Profile

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)

    def told(profile: Profile) -> str:
        stored = f"weights {profile.weights}, computed in {profile.activations}, input {profile.pixels}"
        served = "a worker serves it" if profile.served else "for other runtimes: a worker refuses it"
        bounds = profile.bounds
        gate = (
            f"AUROC falls by at most {bounds.auroc_drop:g}, at most {bounds.changed_decisions:.1%} of the decisions change, "
            f"outputs correlate by at least {bounds.correlation:g}"
        )
        rows = {
            "for": profile.purpose,
            "costs": profile.cost,
            "not when": profile.avoid,
            "measured": profile.measured,
            "numbers": f"{stored}; {served}",
            "gate": gate,
        }
        lines = [click.style(profile.name, bold=True)]
        for name, words in rows.items():
            indent = f"  {name:9s} "
            lines += textwrap.wrap(words, width, initial_indent=indent, subsequent_indent=" " * len(indent))
        return "\n".join(lines)

    click.echo("\n\n".join(told(profile) for profile in PROFILES))
