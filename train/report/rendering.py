"""Filling the templates of `train/report/templates/`: pages with everything inside, and cards."""

import base64
from typing import Any

import jinja2

from train.report.wording import FILTERS


def render(template: str, /, **told: Any) -> str:
    """Fill a template. A name that it asks for and does not get is an error; a page is escaped, Markdown is not."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("train.report"),
        autoescape=jinja2.select_autoescape(("html",)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Any] = dict(FILTERS)
    environment.filters.update(filters)
    environment.globals["svg"] = svg
    return environment.get_template(template).render(told)


def svg(text: str) -> str:
    """The address of a drawing inside the page."""
    return address("image/svg+xml", text.encode())


def address(kind: str, content: bytes) -> str:
    """The address of a picture inside the page, so that nothing is fetched (RFC 2397)."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
