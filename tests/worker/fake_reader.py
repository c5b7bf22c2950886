"""A reader process that does what the file says, for tests of the engine.

`crash`, `hang`, `spin`, `bug`, `lack` (a decoder), `lie`, or an answer.
"""

import json
import os
import signal
import socket
import sys
import time

from worker import cell, conversation


def read(descriptor: int) -> dict[str, object]:
    text = os.pread(descriptor, 100, 0).decode()
    if text.startswith("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if text.startswith("hang"):
        time.sleep(600)
    if text.startswith("spin"):
        while True:
            pass
    if text.startswith("lack"):
        return {"not_installed": True}
    if text.startswith("lie"):
        return {"reason": "made up", "durations": {}}
    if text.startswith("bug"):
        raise ValueError("patient name in the text of an error")
    return {"reason": "blank", "detail": f"pid {os.getpid()}", "durations": {}}


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    cell.tie_to_parent(given["parent"])
    with open(given["model"], "rb") as file:
        says = json.loads(file.read())
    connection = socket.socket(fileno=given["socket"])
    connection.send(json.dumps(says).encode())
    conversation.serve(connection, read, given["cpu_seconds"])
