"""The result as JSON: `results/YYYY/MM/DD/<id>.json`, one key a line."""

import json
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode  # with `indent` it would be ten times slower


def render(document: dict[str, Any], day: str) -> tuple[str, bytes]:
    lines = [f'  "{key}": {"null" if value is None else _encode(value)}' for key, value in document.items()]
    return f"results/{day}/{document['id']}.json", ("{\n" + ",\n".join(lines) + "\n}\n").encode()
