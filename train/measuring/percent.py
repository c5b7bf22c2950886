"""Shares in percent, as every sentence, page and card shows them."""

UNBROKEN = "\N{NO-BREAK SPACE}"
"""Before a percent sign: a line must not end between a number and its unit."""


def percent(share: float) -> str:
    """A share as a reader expects it: one digit, and never 100 % for what is not all of it."""
    shown = f"{share:.1%}"
    if shown == "100.0%":
        shown = "100%" if share > 1 - 1e-9 else "99.9%"  # a computed 1 may lack the last bit
    return shown.replace("%", f"{UNBROKEN}%")
