"""Log lines: readable ones for a terminal, JSON for a container. Both hold ids, never names."""

import json
import logging
import sys

from worker.result import timestamp


class _Json(logging.Formatter):
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
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
    handler.setFormatter(_Json() if form == "json" else text)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("watchdog", "uvicorn", "asyncio"):  # they write paths and requests
        logging.getLogger(noisy).setLevel(logging.ERROR)
    logging.getLogger("watchdog.observers.inotify").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Drop what watchdog 7 reports as an error when it is stopped between two events: that it was stopped.

    The loop asks each second whether the watching threads live, so nothing is hidden by this.
    """
    return "called when the thread is inactive" not in str(record.msg)
