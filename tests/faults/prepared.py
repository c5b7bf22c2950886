"""A process with the worker imported, that forks one worker for each order: `python -P tests/faults/prepared.py`.

Importing takes half a second and a run a twentieth, so that a sweep over hundreds of faults takes minutes and not an
hour. What runs in the fork is `worker.cli.main` itself. Orders and replies are lines of JSON.
"""

import ctypes
import json
import os
import sys
import traceback
from dataclasses import replace
from typing import Any

from tests.faults import broken
from tests.worker.stand import MODEL, InstantEngine
from worker import cli, engine, loop, model, watch
from worker.claim import Claim, Decision
from worker.ledger import Ledger, Step

_PR_SET_PTRACER = 0x59616D61


_IMAGE = {
    **{"width": 64, "height": 64, "polarity": "MONOCHROME2", "window": "none", "view": None, "bits_stored": 8},
    **{"distance": None, "out_of_distribution": False},
}

MARK = "/lungwatch-commit/"
"""A path that is asked for around each commit, with what it makes durable, so that a trace shows it."""


class _Engine(InstantEngine):
    """Keeps the result's schema, too."""

    def _decide(self, claim: Claim) -> Decision:
        decision = super()._decide(claim)
        return decision if decision.answer is None else replace(decision, answer=replace(decision.answer, image=_IMAGE))


def main() -> None:
    """Fork on the first line of an order, let it go on the second, and say how it ended."""
    for line in sys.stdin:
        order = json.loads(line)
        gate, opener = os.pipe()
        child = os.fork()
        if not child:
            os.close(opener)
            _be_worker(order, gate)
        os.close(gate)
        print(json.dumps({"pid": child}), flush=True)
        sys.stdin.readline()
        os.close(opener)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)


def _be_worker(order: dict[str, Any], gate: int) -> None:
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, -1, 0, 0, 0)  # the harness, not our parent, attaches
        os.read(gate, 1)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        _fake_slow_parts()
        getattr(broken, order["variant"])()
        _mark_commits()
        cli.main(order["arguments"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _fake_slow_parts() -> None:
    """Decide from the bytes at once, and rest shortly in a pause; all that is durable stays as it is."""
    model.load = lambda path, operating_point: MODEL
    engine.ENGINES["local"] = lambda settings, content, work, wake: _Engine(settings.root / "work")
    loop._PAUSE_SECONDS = 0.02
    watch.Watch.tie = lambda self, identity: None  # type: ignore[method-assign]  # ends half a second after a rename


def _mark_commits() -> None:
    commit = Ledger.commit

    def marked(self: Ledger, step: Step) -> None:
        told = {
            "intents": [claim.id for claim in step.intents],
            "publications": [one.id for one in step.publications],
            "closed": list(step.closed),
        }
        text = json.dumps(told).encode().hex()
        os.path.lexists(MARK + text)
        commit(self, step)
        os.path.lexists(MARK + "end")

    Ledger.commit = marked  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
