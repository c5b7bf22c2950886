"""Which of two labels is the finding: the one that a model looks for, and that operating points are about."""

import re

from xray.errors import SetupError

_NEGATIVE_WORDS = {"normal", "healthy", "negative", "clear", "none", "no", "non", "without", "control", "uninfected"}


def positive_label(labels: tuple[str, ...], chosen: str | None = None) -> str | None:
    """Of two labels, the one that is a finding; None where there are more.

    Raises:
        SetupError: The chosen one is not a label, or none was chosen and the names do not say.
    """
    if chosen is not None and (chosen not in labels or len(labels) != 2):
        raise SetupError(f"--positive {chosen}: expected one of two labels; the data set has {', '.join(labels)}")
    if chosen is not None or len(labels) != 2:
        return chosen
    findings = [label for label in labels if not _NEGATIVE_WORDS & set(re.split(r"[^a-z]+", label.lower()))]
    if len(findings) != 1:
        raise SetupError(f"which of {labels[0]} and {labels[1]} is the finding? Say so with --positive")
    return findings[0]
