"""The machine that was measured on, in words: figures without it mean nothing."""

import importlib.metadata
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

_BUSY = 0.3
"""Load for each core above which other programs have a say in what is measured."""


@dataclass(frozen=True)
class Machine:
    """What matters of a machine for what a model costs on it."""

    processor: str
    cores: int
    """That this process may use."""
    load: float
    """Programs that wanted a core in the last minute, on average, before anything was measured."""
    litert: str
    """The version of LiteRT."""

    @property
    def busy(self) -> bool:
        return self.load > _BUSY * self.cores

    def __str__(self) -> str:
        said = f"{self.processor}, {self.cores} cores, LiteRT {self.litert}, load {self.load:.1f}"
        return f"{said}: busy, trust ratios only" if self.busy else said


def this_machine() -> Machine:
    """Look at the machine that we run on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(_processor(), cores, os.getloadavg()[0], importlib.metadata.version("ai-edge-litert"))


def _processor() -> str:
    board, info = Path("/proc/device-tree/model"), Path("/proc/cpuinfo")
    if board.is_file():  # a Raspberry Pi tells its name here, and only a number in cpuinfo
        return f"{board.read_text().strip(chr(0))}, {platform.machine()}"
    named = re.search(r"^model name\s*: (.*)$", info.read_text() if info.is_file() else "", re.M)
    return f"{named[1]}, {platform.machine()}" if named else platform.machine()
