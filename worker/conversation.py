"""The reader's side of the conversation: an open file comes in, a line of JSON goes out, until the other end closes."""

import json
import os
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Any

from worker import cell


def serve(connection: socket.socket, read: Callable[[int], dict[str, Any]], cpu_seconds: int) -> None:
    """Answer files until the other end closes."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, 64, 1)
        if not message:
            return
        cell.allow_cpu(cpu_seconds)
        try:
            reply = read(descriptors[0])
        except Exception as error:
            # A decoder raised what it never should. The parent counts it as a crash; of the error itself only its
            # kind and place may leave the cell, for its text can quote the file.
            reply = {"bug": f"{type(error).__name__} at {_place(error.__traceback__)}"}
        finally:
            os.close(descriptors[0])
        reply["id"] = message.decode()
        connection.send(json.dumps(reply).encode())


def _place(trace: TracebackType | None) -> str:
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "?"
