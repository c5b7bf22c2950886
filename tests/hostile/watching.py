"""What a worker's processes take while a test looks elsewhere."""

import threading
from pathlib import Path


class Watching:
    """Looks at a worker's memory every few hundredths of a second, until it is left."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.largest_child_mb = 0.0
        self.parent_mb_before = memory_mb(pid, "VmRSS")
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)

    @property
    def parent_growth_mb(self) -> float:
        return memory_mb(self.pid, "VmRSS") - self.parent_mb_before

    def __enter__(self) -> "Watching":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.05):
            for child in children(self.pid):
                self.largest_child_mb = max(self.largest_child_mb, memory_mb(child, "VmHWM"))


def children(pid: int) -> list[int]:
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for one in lists for child in one.split()]


def memory_mb(pid: int, what: str) -> float:
    """Return a line of /proc/PID/status in MB; 0 where the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(what)), 0.0)
