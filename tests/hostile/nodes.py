"""Things in the folder that are no plain file of one name, or far too large."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.worker.drawn import jpeg
from xray.reasons import Reason


def _socket(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # a socket's path may have 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


def _sparse(path: Path, head: bytes) -> None:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(5 << 30)


def _hard_link(path: Path) -> None:
    outside = path.parents[2] / "outside.jpeg"
    outside.write_bytes(jpeg(6))
    os.link(outside, path)


NODES: dict[str, tuple[Reason, Callable[[Path], None]]] = {
    "pipe.jpg": (Reason.NOT_A_FILE, os.mkfifo),
    "socket.jpg": (Reason.NOT_A_FILE, _socket),
    "link to a password file.jpg": (Reason.NOT_A_FILE, lambda path: path.symlink_to("/etc/passwd")),
    "link to nothing.jpg": (Reason.NOT_A_FILE, lambda path: path.symlink_to("nothing")),
    "link to itself.jpg": (Reason.NOT_A_FILE, lambda path: path.symlink_to(path.name)),
    "link to a folder.jpg": (Reason.NOT_A_FILE, lambda path: path.symlink_to("/etc")),
    "link to the ledger.jpg": (Reason.NOT_A_FILE, lambda path: path.symlink_to("../ledger.sqlite")),
    "second name.jpg": (Reason.HARD_LINKED, _hard_link),
    "5 GB of JPEG.jpg": (Reason.TOO_LARGE, lambda path: _sparse(path, jpeg(1)[:-2])),
    "5 GB of PNG.png": (Reason.TOO_LARGE, lambda path: _sparse(path, b"\x89PNG\r\n\x1a\n")),
    "5 GB of zeros.dcm": (Reason.TOO_LARGE, lambda path: _sparse(path, b"")),
}
"""By name: the reason for refusing it, and how to make it."""

if os.geteuid() == 0:
    NODES["device.jpg"] = (Reason.NOT_A_FILE, lambda path: os.mknod(path, 0o20666, os.makedev(1, 5)))  # /dev/zero
