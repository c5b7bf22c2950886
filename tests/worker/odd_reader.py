"""The real reader with one decoder more, which does what the file says: for tests of the cell around it.

A file of this format begins with `DO:`; the decoder tells what became of it as the detail of a refusal.
"""

import ctypes
import os
import socket
import subprocess
import threading
import time

from worker import reader
from xray import formats
from xray.errors import RejectedImage
from xray.formats import Format
from xray.radiograph import Radiograph
from xray.reasons import Reason


def _spin() -> None:
    while True:
        pass


def _thread() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


DEEDS = {
    "nothing": lambda: None,
    "crash": lambda: ctypes.string_at(0),
    "hang": lambda: time.sleep(600),
    "spin": _spin,
    "raise": lambda: {}["patient name"],
    "memory": lambda: bytearray(8 << 30),
    "thread": _thread,
    "fork": os.fork,
    "run": lambda: subprocess.run(["true"]),
    "become": lambda: os.execv("/bin/true", ["true"]),
    "write": lambda: os.open("written by a decoder", os.O_WRONLY | os.O_CREAT),
    "change": lambda: os.open(__file__, os.O_RDWR),
    "remove": lambda: os.unlink("anything"),
    "rename": lambda: os.rename("anything", "else"),
    "connect": lambda: socket.create_connection(("127.0.0.1", 9), 1),
    "listen": socket.socket,
    "kill the parent": lambda: os.kill(os.getppid(), 0),
    "trace the parent": lambda: ctypes.CDLL(None, use_errno=True).ptrace(16, os.getppid(), 0, 0),
}


def _decode(data: bytes, at_least: int | None) -> Radiograph:
    deed = data.decode().partition(":")[2]
    try:
        result = DEEDS[deed.strip()]()
        outcome = "refused" if result == -1 else "done"
    except (PermissionError, BlockingIOError):  # EPERM of the filter; EAGAIN of RLIMIT_NPROC
        outcome = "refused"
    raise RejectedImage(Reason.DAMAGED, f"{outcome} by {os.getpid()}")


if __name__ == "__main__":
    formats.FORMATS = (Format("TIFF", lambda head: head.startswith(b"DO:"), _decode), *formats.FORMATS)
    reader.main()
