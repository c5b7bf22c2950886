"""The report as one HTML page: everything inside, no script, nothing fetched, from any disk into any browser."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from train.report.contents import Report
from train.report.rendering import address, render
from train.report.style import Picture
from train.report.wording import COLUMNS, MONITORS, OUTCOMES, POINTS

_JPEG_QUALITY = 88


def page(report: Report, pictures: dict[str, Picture]) -> str:
    """Write the page."""
    return render(
        "report.html",
        report=report,
        card=report.card,
        told=report.measured,
        figures=pictures,
        points=POINTS,
        monitors=MONITORS,
        columns=COLUMNS,
        outcomes=OUTCOMES,
        jpeg=_jpeg,
    )


def _jpeg(pixels: NDArray[np.uint8]) -> str:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=_JPEG_QUALITY)
    return address("image/jpeg", content.getvalue())
