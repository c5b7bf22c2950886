"""The model that a worker serves, as far as the parent process needs to know it."""

from dataclasses import dataclass
from pathlib import Path

from xray import model_file
from xray.errors import SetupError

REFERENCE = Path(__file__).parents[1] / "models"
"""Where the reference model lies, in a checkout and in an image."""


@dataclass(frozen=True)
class Model:
    """A verified model file."""

    content: bytes
    name: str
    version: str
    sha256: str
    profile: str
    labels: tuple[str, ...]
    decisions: tuple[str, ...]
    """Every decision that it can give."""
    limits: str
    """What it is not known to be good for, in words."""


def load(path: Path, operating_point: str | None) -> Model:
    """Read and verify a model file; nothing is run.

    Raises:
        SetupError: It cannot be read, or its card holds no such operating point.
    """
    file = model_file.read(path)
    card = file.card
    card.operating_point(operating_point)
    decisions = card.labels if card.positive is None else ("positive", "negative")
    return Model(
        content=file.content,
        name=card.name,
        version=card.version,
        sha256=file.sha256,
        profile=card.profile,
        labels=card.labels,
        decisions=(*decisions, "uncertain"),
        limits=card.limits,
    )


def reference() -> Path:
    """Return the reference model: the one model file that came with this worker.

    Raises:
        SetupError: There is none, or more than one.
    """
    found = sorted(REFERENCE.glob("*.tflite"))
    if len(found) != 1:
        what = "no model" if not found else f"{len(found)} models ({', '.join(path.name for path in found)})"
        raise SetupError(f"{what} in {REFERENCE}; name the one to use with --model FILE")
    return found[0]
