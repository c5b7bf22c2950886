"""What passes between the stages: an arrival, a claim, and the decision on it."""

import os
import stat
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from xray.radiograph import Identity
from xray.reasons import Reason


class Signature(NamedTuple):
    """What a file looks like from outside; two equal ones mean that nothing happened in between.

    Inode and time are wrapped to 64 bits with a sign, as SQLite's integers are: inodes have no sign, and a sender may
    set a time that no such number holds (the year 2300).
    """

    inode: int
    size_bytes: int
    mtime_ns: int
    links: int
    mode: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Signature":
        return cls(_wrap(found.st_ino), found.st_size, _wrap(found.st_mtime_ns), found.st_nlink, found.st_mode)

    @property
    def is_plain(self) -> bool:
        return stat.S_ISREG(self.mode)


def _wrap(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file in the incoming folder that is ready to be claimed."""

    name: str
    """Path below `incoming`, as `os.fsdecode` gives it."""
    signature: Signature
    received: float
    """Wall clock when it was first seen, seconds since 1970: for people, never for arithmetic."""
    first_seen: float
    """Monotonic clock, likewise."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An arrival that is ours: it lies at `work/<id>`."""

    id: str
    name: str
    signature: Signature
    received: float
    first_seen: float
    claimed: float
    """Monotonic clock."""
    revision_of: str | None = None
    taken_from: str = ""
    """Where its file lies before it is moved to `work`, relative to the root; empty: under its name in `incoming`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says about one radiograph, in the result's own words (see docs/result.md)."""

    scores: dict[str, float]
    probabilities: dict[str, float]
    finding: str
    decision: str
    operating_point: dict[str, Any] | None
    image: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a claim: an answer, or a reason for refusing it."""

    claim: Claim
    answer: Answer | None = None
    reason: Reason | None = None
    detail: str = ""
    """For the log: numbers and format terms, never text out of the file."""
    sha256: str | None = None
    size_bytes: int | None = None
    format: str | None = None
    identity: Identity | None = None
    """What names the picture, for matching; never for a log."""
    durations: dict[str, float] = field(default_factory=dict)
    """Seconds by stage."""

    @property
    def outcome(self) -> str:
        return "refused" if self.answer is None else "answered"
