"""Log lines: readable ones for a terminal, JSON for a container. Both hold ids, never names."""

import json
import logging
import sys
import threading
import traceback
import warnings
from types import TracebackType
from typing import TextIO

from worker.result import timestamp


def tell_error(error: BaseException) -> str:
    """Say where an error came from, and of what kind it is, without its text: that may hold the name of a file."""
    told = "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__
    if isinstance(error, OSError) and error.errno is not None:
        told += f" (errno {error.errno})"
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told if before is None else f"{tell_error(before)}\n\nwhich led to\n\n{told}"


class _Text(logging.Formatter):
    def formatException(self, ei: object) -> str:  # noqa: N802
        error = ei[1] if isinstance(ei, tuple) else None
        return tell_error(error) if isinstance(error, BaseException) else ""


class _Json(_Text):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": timestamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(form: str, level: str) -> None:
    """Send log lines to stderr, as `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    text = _Text("%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
    handler.setFormatter(_Json() if form == "json" else text)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("watchdog", "uvicorn", "asyncio"):  # they write paths and requests
        logging.getLogger(noisy).setLevel(logging.ERROR)
    logging.getLogger("watchdog.observers.inotify").addFilter(_is_news)

    warnings.showwarning = _tell_warning  # their text holds names as well
    sys.excepthook = _tell_bug
    threading.excepthook = lambda given: _tell_bug(given.exc_type, given.exc_value, given.exc_traceback)


def _tell_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    logging.getLogger("worker").debug("%s at %s:%s", category.__name__, filename, lineno)


def _tell_bug(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if kind is KeyboardInterrupt or error is None:
        return
    logging.getLogger("worker").critical("this is a bug, report it:\n%s", tell_error(error))


def _is_news(record: logging.LogRecord) -> bool:
    """Drop what watchdog 7 reports as an error when it is stopped between two events: that it was stopped.

    The loop asks each second whether the watching threads live, so nothing is hidden by this.
    """
    return "called when the thread is inactive" not in str(record.msg)
