"""The report as one HTML page: everything inside, no script, nothing fetched, from any disk into any browser."""

import base64
import io
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from train.report.contents import Report
from train.report.style import Picture
from train.report.wording import COLUMNS, FILTERS, MONITORS, OUTCOMES, POINTS

_JPEG_QUALITY = 88


def page(report: Report, pictures: dict[str, Picture]) -> str:
    """Write the page."""
    return (
        templates(escaped=True)
        .get_template("report.html")
        .render(
            report=report,
            card=report.card,
            told=report.measured,
            pictures=pictures,
            points=POINTS,
            monitors=MONITORS,
            columns=COLUMNS,
            outcomes=OUTCOMES,
            svg=lambda text: _data("image/svg+xml", text.encode()),
            jpeg=_jpeg,
        )
    )


def templates(*, escaped: bool) -> jinja2.Environment:
    """The templates of `train/report/templates/`; a name that a template asks for and does not get is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("train.report"),
        autoescape=escaped,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Any] = dict(FILTERS)
    environment.filters.update(filters)
    return environment


def _jpeg(pixels: NDArray[np.uint8]) -> str:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=_JPEG_QUALITY)
    return _data("image/jpeg", content.getvalue())


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
