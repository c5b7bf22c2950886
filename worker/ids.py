"""Sortable ids (ULID): 48 bits of milliseconds and 80 random bits, as 26 characters that any file system takes.

Everything inside the worker goes by these; names from outside are data. https://github.com/ulid/spec
"""

import os
import time
from collections.abc import Callable

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
LENGTH = 26


class Ids:
    """Makes ids that grow, even within a millisecond and when the clock is set back."""

    def __init__(self, clock_ns: Callable[[], int] = time.time_ns, random: Callable[[int], bytes] = os.urandom) -> None:
        self._clock_ns = clock_ns
        self._random = random
        self._last = 0

    def next(self) -> str:
        milliseconds = self._clock_ns() // 1_000_000
        if milliseconds > self._last >> 80:
            self._last = milliseconds << 80 | int.from_bytes(self._random(10))
        else:
            self._last += 1
        return encode(self._last)


def encode(number: int) -> str:
    """Write 128 bits as 26 characters that sort like the number."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -10, -10)])


def is_id(text: str) -> bool:
    return len(text) == LENGTH and set(text) <= set(_ALPHABET)
