"""Loading a model file of any profile, those that a worker does not serve included."""

from export.profiles import PROFILES
from xray.card import Card
from xray.model_file import ModelFile
from xray.runtime import Predictor

SERVED = "uint8"
"""What a worker hands over."""


def pixels(card: Card) -> str:
    """Say what the file's input takes: a profile that this Lungwatch does not know is taken for a worker's."""
    return next((one.pixels for one in PROFILES if one.name == card.profile), SERVED)


def load(file: ModelFile, *, threads: int = 1) -> Predictor:
    """Make an interpreter.

    Raises:
        SetupError: The graph cannot be run, or takes other pixels than its profile says.
    """
    return Predictor(file.content, threads=threads, pixels=pixels(file.card))
