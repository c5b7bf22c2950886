"""A real worker as a child process, for the benchmarks to look at from outside."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class RunningWorker:
    """A worker that is up, and the folder it watches."""

    root: Path
    process: "subprocess.Popen[bytes]"
    address: str
    seconds_to_ready: float

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    def results(self) -> int:
        """Count the results in place."""
        return sum(
            entry.name.endswith(".json")
            for folder in (self.root / "results").glob("*/*/*")
            for entry in os.scandir(folder)
        )

    def last_result(self) -> float:
        """When the newest result was put in place: wall clock, from the inode's change time, which a rename sets."""
        return max(
            entry.stat().st_ctime for folder in (self.root / "results").glob("*/*/*") for entry in os.scandir(folder)
        )

    def wait_for(self, count: int, *, poll_seconds: float = 0.01, patience_seconds: float = 300) -> float:
        """Wait until so many results are in place; returns the moment (monotonic)."""
        deadline = time.monotonic() + patience_seconds
        while self.results() < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.results()} of {count} results after {patience_seconds} s")
            time.sleep(poll_seconds)
        return time.monotonic()

    def processes(self) -> dict[str, list[int]]:
        """Process ids: the parent, and its reader children."""
        children = [int(found.parent.name) for found in Path("/proc").glob("[0-9]*/stat") if self._is_parent_of(found)]
        return {"parent": [self.process.pid], "child": children}

    def _is_parent_of(self, stat: Path) -> bool:
        try:
            return int(stat.read_text().rsplit(")", 1)[1].split()[1]) == self.process.pid
        except OSError:  # ended since it was listed
            return False

    def resident_mb(self) -> dict[str, float]:
        """The largest resident set of each kind of process, in MB."""
        return {kind: max(map(_resident_mb, pids)) for kind, pids in self.processes().items() if pids}

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far."""
        return sum(_cpu_seconds(pid) for pids in self.processes().values() for pid in pids)


@contextmanager
def worker(root: Path, model: Path, *options: str, port: int = 18080) -> Iterator[RunningWorker]:
    """Start a worker, wait until it says that it is ready, and stop it with SIGTERM in the end."""
    address = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", "worker", "run", "--root", root, "--model", model, "--listen", address, *options]
    started = time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_until_ready(address, process)
            yield RunningWorker(root, process, address, time.monotonic() - started)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait_until_ready(address: str, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{address}/readyz", timeout=1):
                return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"the worker ended with {process.returncode} before it was ready")


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    return 0.0


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
