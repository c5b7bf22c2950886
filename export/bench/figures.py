"""From turns of timing to figures: percentiles, throughput, and ratios that a busy machine does not spoil."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from export.bench.stand import Loaded, Turn


@dataclass(frozen=True)
class Ratio:
    """One file's figure by the reference file's, each pair measured one right after the other."""

    value: float
    """The median of the rounds."""
    low: float
    """The smallest of the rounds: what noise, or another program, did to it; no interval of confidence."""
    high: float


@dataclass(frozen=True)
class Measured:
    """What one file costs on this machine."""

    name: str
    loaded: Loaded
    p50_ms: float
    """Latency of one image on one interpreter while the others rest, in milliseconds; median, then higher percentiles."""
    p90_ms: float
    p99_ms: float
    latency_ratio: Ratio
    images_per_second: float
    """All interpreters at once; the median of the rounds."""
    throughput_ratio: Ratio


@dataclass(frozen=True)
class Rounds:
    """All turns of one file, by round."""

    alone: tuple[Turn, ...]
    """One interpreter while everything else rests."""
    together: tuple[tuple[Turn, ...], ...]
    """All its interpreters at once: in each round a turn of each."""


def measured(name: str, loaded: Loaded, rounds: Rounds, reference: Rounds) -> Measured:
    """Put figures together; `reference` are the turns of the file that this one is compared with, round by round."""
    p50, p90, p99 = np.percentile([second for turn in rounds.alone for second in turn.seconds], [50, 90, 99]) * 1000
    speeds = [throughput(turns) for turns in rounds.together]
    return Measured(
        name=name,
        loaded=loaded,
        p50_ms=float(p50),
        p90_ms=float(p90),
        p99_ms=float(p99),
        latency_ratio=_ratio(list(map(_median, rounds.alone)), list(map(_median, reference.alone))),
        images_per_second=float(np.median(speeds)),
        throughput_ratio=_ratio(speeds, [throughput(turns) for turns in reference.together]),
    )


def throughput(turns: Sequence[Turn]) -> float:
    """Images per second of interpreters that ran at once, from the first one's start to the last one's end."""
    images = sum(len(turn.seconds) for turn in turns)
    return images / (max(turn.ended for turn in turns) - min(turn.began for turn in turns))


def _median(turn: Turn) -> float:
    return float(np.median(turn.seconds))


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    by_round = np.array(ours) / np.array(theirs)
    return Ratio(float(np.median(by_round)), float(by_round.min()), float(by_round.max()))
