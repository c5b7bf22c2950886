"""Everything that can be set, in one frozen value."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """What reading one file may cost before it is refused."""

    cpu_seconds: int = 8
    """The slowest honest radiograph (JPEG 2000, 20 megapixels) takes about one."""
    wall_seconds: float = 30.0
    """Generous, because a busy machine is not the file's fault; three of these and it is refused."""
    memory_bytes: int = 1 << 30
    """Address space on top of what the loaded model takes."""
    files_per_child: int = 5000
    """A child is replaced after so many files: what a decoder leaks is gone with it."""


@dataclass(frozen=True)
class Settings:
    """How a worker runs."""

    root: Path
    model: Path
    ledger: Path
    workers: int
    listen: str = "127.0.0.1:8080"
    """Address and port of /metrics, /healthz, /readyz and the page; empty for none."""
    settle_seconds: float = 2.0
    patience_seconds: float = 900.0
    rescan_seconds: float = 5.0
    operating_point: str | None = None
    limits: Limits = Limits()
    identity: bool = True
    """Results tell what was sent: its name, and the study and picture that a DICOM header names."""
    drain_seconds: float = 18.0
    """What is in hand is finished within this after SIGTERM; 2 of the 20 seconds promised are for ending."""
