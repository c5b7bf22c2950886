"""The cell that a reader locks itself into before it touches a file from outside.

What it holds: a decoder that runs away (memory, time), and one that tries to start a process, to change anything on a
disk or to open a connection. What it does not hold: code that has taken over the process can still read what the
worker's user can read, and say anything about the file at hand; docs/security.md tells what is left.
"""

import ctypes
import math
import os
import resource
import signal
import time
from pathlib import Path

from worker import syscalls

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def tie_to_parent(parent: int) -> None:
    """End when the parent ends, however it ends, and not before: it still needs us while it drains."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a service manager sends them to every process of a service
        signal.signal(number, signal.SIG_IGN)
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(0)


def lock(memory_bytes: int) -> bool:
    """Limit this process for good: call when everything is loaded.

    Args:
        memory_bytes: Address space that it may take on top of what it has.

    Returns:
        Whether the kernel also refuses the system calls that a reader has no business making (`worker.syscalls`).
    """
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    space = pages * resource.getpagesize() + memory_bytes
    for limit, value in (
        (resource.RLIMIT_AS, space),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),  # a core dump would hold a radiograph
        (resource.RLIMIT_NPROC, 0),  # without effect for root; the refused system calls see to that
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(limit, (value, value))
    return syscalls.refuse_the_rest()


def allow_cpu(seconds: int) -> None:
    """Let this process use so much more CPU time; beyond that the kernel ends it with SIGXCPU."""
    used = math.ceil(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.RLIM_INFINITY))
