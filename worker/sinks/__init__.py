"""Sinks: the forms in which a result is published.

To add one: a module here with a function like `json.render`, and its entry in `SINKS`. What a sink returns is written
to the ledger before it is published, so it must depend on nothing but the document.
"""

from collections.abc import Callable
from typing import Any

from worker.sinks import json

Sink = Callable[[dict[str, Any], str], tuple[str, bytes]]
"""(document, day as YYYY/MM/DD) to (path relative to the root, content)."""

SINKS: dict[str, Sink] = {"json": json.render}
