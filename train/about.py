"""What only people know about a data set and a model: licence, population, limits. A small JSON file beside the data."""

import json
from dataclasses import dataclass, fields
from pathlib import Path

from xray.errors import SetupError


@dataclass(frozen=True)
class About:
    """The words that go into the card; every field may be left out."""

    model: str = ""
    """Name of the model, before the recipe's: `pneumonia`."""
    version: str = "1"
    data: str = ""
    licence: str = "not stated"
    source: str = "not stated"
    intended_use: str = "Research and demonstration. Not a medical device; not for diagnosis."
    population: str = "not stated"
    limits: str = "Not known to hold for images of any other origin than its training data."

    @classmethod
    def read(cls, path: Path | None) -> "About":
        """Read the file, or take the defaults where there is none.

        Raises:
            SetupError: Not JSON, or with fields that we do not know.
        """
        if path is None:
            return cls()
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SetupError(f"{path}: expected a JSON file that tells about the data: {error}") from error
        known = {field.name for field in fields(cls)}
        if not isinstance(given, dict) or not set(given) <= known:
            raise SetupError(f"{path}: expected some of {', '.join(sorted(known))}; got {', '.join(given)}")
        if not all(isinstance(value, str) for value in given.values()):
            raise SetupError(f"{path}: expected words (in quotes) for every field")
        return cls(**given)
