"""One reader process, seen from its parent."""

import json
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import worker
from worker.claim import Claim
from worker.engine.reply import parse
from worker.settings import Limits

READER = (sys.executable, "-P", "-m", "worker.reader")
MESSAGE_BYTES = 1 << 16
_PIPELINED = 2
"""Files handed over at a time: the next one is already there when the reader has done with one."""


class Child:
    """A reader process and the claims that it holds, the one that it is reading first."""

    def __init__(
        self,
        model: int,
        operating_point: str | None,
        limits: Limits,
        now: float,
        command: Sequence[str] = READER,
        *,
        identity: bool = True,
    ) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        given = {
            "socket": theirs.fileno(),
            "model": f"/proc/self/fd/{model}",
            "operating_point": operating_point,
            "identity": identity,
            "memory_bytes": limits.memory_bytes,
            "cpu_seconds": limits.cpu_seconds,
            "parent": os.getpid(),
        }
        with theirs:
            self._process = subprocess.Popen(
                [*command, json.dumps(given)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # decoders print what they stumble over, and that may be a name
                pass_fds=(theirs.fileno(), model),
                env=_environment(),
                process_group=0,  # Ctrl-C on a terminal is for the parent alone
            )
        ours.setblocking(False)
        self.socket = ours
        self.held: deque[Claim] = deque()
        self.ready = False
        self.read_files = 0
        self.since = now
        """When it was started, or began with the first of `held`."""

    @property
    def room(self) -> int:
        return _PIPELINED - len(self.held) if self.ready else 0

    def hand(self, claim: Claim, descriptor: int, now: float) -> None:
        """Hand over an open file. Raises OSError where the process is gone."""
        socket.send_fds(self.socket, [claim.id.encode()], [descriptor])
        if not self.held:
            self.since = now
        self.held.append(claim)

    def replies(self) -> list[dict[str, Any]] | None:
        """Return what it has said since; None when it is gone.

        Raises:
            ValueError: It talks rubbish.
        """
        said: list[dict[str, Any]] = []
        while len(said) <= _PIPELINED:  # a sound one has no more to say
            try:
                message = self.socket.recv(MESSAGE_BYTES)
            except BlockingIOError:
                return said
            except OSError:
                return said or None
            if not message:
                return said or None
            said.append(parse(message))
        return said

    def end(self) -> int:
        """Kill it, if it still lives, and return its exit status (negative: the signal)."""
        self.socket.close()
        if self._process.poll() is None:
            self._process.kill()
        return self._process.wait()


def _environment() -> dict[str, str]:
    here = str(Path(worker.__file__).parents[1])  # `-P` keeps the current folder out of the import path
    paths = [here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    # Settings hold passwords and paths; a reader needs none of them.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LUNGWATCH_")}
    return {**kept, **one_thread, "PYTHONPATH": os.pathsep.join(paths)}
