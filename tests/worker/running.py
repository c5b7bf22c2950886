"""The real worker as a process of its own, for end-to-end tests."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "worker")


class Running:
    """Starts, asks and ends `lungwatch-worker run` on one root. `start` may be called again after an end."""

    def __init__(self, root: Path, model: Path) -> None:
        self.root = root
        self.model = model
        self.process: subprocess.Popen[bytes] | None = None
        self.log = root.parent / "worker.log"

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    def start(self, *more: str, listen: str = "", before: tuple[str, ...] = ()) -> "Running":
        options = ("--root", self.root, "--model", self.model, "--listen", listen, "--settle", "0.3", "--workers", "2")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*before, *COMMAND, "run", *map(str, options), *more], cwd=CHECKOUT, env=_environment(), stderr=log
            )
        return self

    def until_serving(self) -> None:
        """Wait until it has recovered and begins to look."""
        assert self.process is not None
        self.until(lambda: f"process {self.process.pid}" in self.log.read_text(), "the worker to begin")

    def until(self, condition: Any, what: str, seconds: float = 45) -> None:
        """Wait for something outside this process, which no clock of ours can hurry."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"waited {seconds} s for {what}; the worker said:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.02)

    def until_answered(self, count: int, seconds: float = 45) -> list[dict[str, Any]]:
        """Wait for so many results, with their sources out of `incoming`; return all, sorted by name."""
        self.until(lambda: self.count() >= count, f"{count} results (there are {self.count()})", seconds)
        return self.results()

    def count(self) -> int:
        return sum(1 for _ in (self.root / "results").rglob("*.json"))

    def results(self) -> list[dict[str, Any]]:
        found = [json.loads(path.read_bytes()) for path in (self.root / "results").rglob("*.json")]
        return sorted(found, key=lambda result: (result["source"]["name"], result["id"]))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def once(self, *more: str) -> "subprocess.CompletedProcess[str]":
        return command("once", self.root, "--model", str(self.model), "--settle", "0.3", "--workers", "2", *more)

    def audit(self) -> str:
        """Return the first line of the audit; fail where it finds a fault."""
        done = command("audit", self.root)
        assert done.returncode == 0, done.stdout
        return done.stdout.splitlines()[0]


def command(name: str, root: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    """Run a sub-command to its end."""
    return subprocess.run(
        [*COMMAND, name, "--root", str(root), *more],
        cwd=CHECKOUT,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )


def _environment() -> dict[str, str]:
    """Ours without settings of the worker; and with compiled modules, which make a start three times as fast."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LUNGWATCH_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "lungwatch-tests"), **kept}
