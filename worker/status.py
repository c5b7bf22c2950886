"""The state of a drop folder, asked from outside: the ledger, the folder itself, and the worker if one runs."""

import json
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from worker.ledger import Ledger
from worker.lock import Note, holder
from worker.names import is_temporary
from worker.result import timestamp


@dataclass
class Status:
    """What `status` shows; with `--json`, under these names."""

    state: str
    """`ready`; `running` where it has no page to ask; `unreachable` where its page does not answer; `stopped` where
    no worker runs; else why it is not ready in its own words, such as a pause and its sentence."""
    worker: Note | None
    """Who serves the folder; None if nobody does."""
    waiting: int = 0
    """Files in `incoming`, but for those with a temporary name."""
    ignored: int = 0
    """Files in `incoming` with a temporary name."""
    oldest_waiting_seconds: float | None = None
    """Since the oldest of those waiting was put there."""
    in_hand: int = 0
    """Claimed and not closed, among them those requeued and not yet begun."""
    answered: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    """By reason."""
    purged: int = 0
    """Of those answered or refused: their file was removed by `purge`."""
    last_arrival: str | None = None
    """When the file claimed last was first seen (RFC 3339)."""


def look(root: Path, ledger: Ledger) -> Status:
    """Look at a drop folder."""
    note = holder(root)
    status = Status("stopped" if note is None else _ask(note.listen), note)
    query = "SELECT state, outcome, reason, count(*), count(purge) FROM file GROUP BY 1, 2, 3 ORDER BY 4 DESC"
    for state, outcome, reason, number, purged in ledger.rows(query):
        status.purged += purged
        if state != "closed":
            status.in_hand += number
        elif outcome == "answered":
            status.answered += number
        else:
            status.refused[str(reason)] = number
    for (received,) in ledger.rows("SELECT received FROM file WHERE revision_of IS NULL ORDER BY id DESC LIMIT 1"):
        status.last_arrival = timestamp(received)
    _count_waiting(root / "incoming", status)
    return status


def _count_waiting(incoming: Path, status: Status) -> None:
    oldest = None
    for above, folders, files in os.walk(incoming):
        folders[:] = [name for name in folders if not is_temporary(name)]
        for name in files:
            if is_temporary(name):
                status.ignored += 1
                continue
            try:
                # Of its times the one that no sender can set: it changes when a file is written, renamed or moved in.
                changed = os.lstat(os.path.join(above, name)).st_ctime
            except FileNotFoundError:
                continue  # claimed since it was listed
            status.waiting += 1
            oldest = changed if oldest is None else min(oldest, changed)
    if oldest is not None:
        status.oldest_waiting_seconds = round(max(time.time() - oldest, 0.0), 1)


def _ask(listen: str) -> str:
    if not listen:
        return "running"
    host, _, port = listen.rpartition(":")
    local = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "::": "[::1]"}.get(host, host)
    try:
        with urllib.request.urlopen(f"http://{local}:{port}/readyz", timeout=2) as answer:
            return str(answer.read().decode().strip())
    except urllib.error.HTTPError as error:
        return error.read().decode().strip()
    except (OSError, ValueError):
        return "unreachable"


def table(status: Status) -> str:
    """Write a status for people."""
    note, refused = status.worker, sum(status.refused.values())
    lines = [
        ("worker", "none serves this folder" if note is None else f"process {note.process}, since {note.since}"),
        ("state", status.state),
        ("model", note.model if note else "-"),
        ("waiting", _waiting(status)),
        ("in hand", str(status.in_hand)),
        ("answered", str(status.answered)),
        ("refused", str(refused)),
        *((f"  {reason}", f"  {number}") for reason, number in status.refused.items()),
        ("purged", str(status.purged)),
        ("last arrival", status.last_arrival or "none yet"),
    ]
    width = max(len(name) for name, _ in lines) + 2
    return "\n".join(f"{name:<{width}}{value}" for name, value in lines)


def _waiting(status: Status) -> str:
    text = str(status.waiting)
    if status.oldest_waiting_seconds is not None:
        text += f", the oldest for {_words(status.oldest_waiting_seconds)}"
    return text + (f"; {status.ignored} more with a temporary name" if status.ignored else "")


def _words(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def as_json(status: Status) -> str:
    """Write a status for programs, on one line."""
    values = dict(vars(status))
    values["worker"] = status.worker and status.worker._asdict()
    return json.dumps(values)
