"""The reader: a child process that turns open files into findings, one after the other.

It knows no path and no name. Files come as open descriptors over a socket; back go plain numbers as JSON. It runs
bytes from outside through decoders, so it is expected to be killed now and then (see `worker.cell`).
"""

import errno
import hashlib
import json
import os
import socket
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from worker import cell, conversation
from xray import model_file
from xray.card import OperatingPoint
from xray.decide import Finding, decide
from xray.errors import RejectedImage, SetupError
from xray.formats import decode, sniff
from xray.formats.complete import is_complete
from xray.model_file import ModelFile
from xray.preprocess import decode_side, preprocess
from xray.radiograph import Source
from xray.reasons import Reason
from xray.runtime import Predictor

MAX_FILE_BYTES = 512 << 20
"""The largest uncompressed radiograph has some 200 MB."""


STAGES = ("read", "decode", "preprocess", "predict", "decide")


class _Stopwatch:
    """Seconds by stage, in the order of `STAGES`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self) -> None:
        """A stage is over, or was broken off: the time since the last one was spent in it."""
        now = time.perf_counter()
        self.seconds[STAGES[len(self.seconds)]] = round(now - self._last, 6)
        self._last = now


@dataclass(frozen=True)
class Reader:
    """A model, ready to answer."""

    model: ModelFile
    predictor: Predictor
    operating_point: OperatingPoint | None
    identity: bool = True
    """Tell what names the picture, for matching."""

    def read(self, descriptor: int) -> dict[str, Any]:
        """Read one open file to the end and answer it, or say why not; plain values for JSON."""
        watch = _Stopwatch()
        reply: dict[str, Any] = {"durations": watch.seconds}
        try:
            data = _content(descriptor, reply, identity=self.identity)
            watch.lap()
            reply["answer"] = self._answer(data, watch)
        except SetupError:
            reply["not_installed"] = True
        except RejectedImage as error:
            reply |= {"reason": error.reason, "detail": error.detail}
        except MemoryError:
            reply |= {"reason": Reason.TOO_LARGE, "detail": "it does not fit into the memory allowed"}
        except OSError as error:
            reply["errno"] = error.errno or errno.EIO
        if "answer" not in reply:
            watch.lap()
        return reply

    def _answer(self, data: bytes, watch: _Stopwatch) -> dict[str, Any]:
        spec = self.model.card.input
        if is_complete(lambda offset, length: data[max(offset, 0) : offset + length], len(data)) is False:
            raise RejectedImage(Reason.INCOMPLETE, "the structure ends after the file does")
        radiograph = decode(data, at_least=decode_side(spec))
        watch.lap()
        image = preprocess(radiograph, spec)
        watch.lap()
        prediction = self.predictor.predict(image)
        watch.lap()
        finding = decide(prediction, self.model.card, self.model.arrays, self.operating_point)
        watch.lap()
        return _plain(finding, radiograph.source)


def _content(descriptor: int, reply: dict[str, Any], *, identity: bool) -> bytes:
    before = os.fstat(descriptor)
    if before.st_size > MAX_FILE_BYTES:
        raise RejectedImage(Reason.TOO_LARGE, f"expected at most {MAX_FILE_BYTES} bytes, got {before.st_size}")
    with open(descriptor, "rb", closefd=False) as file:
        data = file.read(before.st_size + 1)  # no more: it may grow faster than we read
    after = os.fstat(descriptor)
    known = sniff(data)
    reply["size_bytes"] = len(data)
    reply["sha256"] = hashlib.sha256(data).hexdigest()
    reply["format"] = known.name if known else None
    found = known.identify(data) if known and identity else None
    reply["identity"] = found and asdict(found)
    if (len(data), before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise RejectedImage(Reason.CHANGED, "its size or time changed while it was read")
    return data


def _plain(finding: Finding, source: Source) -> dict[str, Any]:
    point = finding.operating_point
    return {
        "scores": finding.scores,
        "probabilities": finding.probabilities,
        "finding": finding.label,
        "decision": finding.decision,
        "operating_point": point
        and {
            "name": point.name,
            "threshold": point.threshold,
            "sensitivity": point.sensitivity.value,
            "specificity": point.specificity.value,
        },
        "image": {
            "width": source.width,
            "height": source.height,
            "polarity": source.polarity,
            "window": source.window,
            "view": source.view or None,
            "bits_stored": source.bits_stored,
            "distance": finding.distance,
            "out_of_distribution": finding.out_of_distribution,
        },
    }


def load(model: bytes, operating_point: str | None, *, identity: bool = True) -> Reader:
    """Load a model.

    Raises:
        SetupError: It cannot be run, or has no such operating point.
    """
    file = model_file.unpack(model)
    return Reader(file, Predictor(file.content), file.card.operating_point(operating_point), identity)


def main() -> None:
    """Entry of the child process; its one argument is a JSON object written by `worker.engine.child`."""
    given = json.loads(sys.argv[1])
    cell.tie_to_parent(given["parent"])
    connection = socket.socket(fileno=given["socket"])
    try:
        with open(given["model"], "rb") as file:
            reader = load(file.read(), given["operating_point"], identity=given["identity"])
    except SetupError as error:
        connection.send(json.dumps({"setup_error": str(error)}).encode())
        sys.exit(2)
    locked = cell.lock(given["memory_bytes"])
    connection.send(json.dumps({"ready": True, "locked": locked}).encode())
    conversation.serve(connection, reader.read, given["cpu_seconds"])


if __name__ == "__main__":
    main()
