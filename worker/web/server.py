"""The web server: a thread beside the loop, on one port."""

import socket
import threading

import uvicorn
from starlette.applications import Starlette

from xray.errors import SetupError


def bind(listen: str) -> socket.socket:
    """Take the port.

    Raises:
        SetupError: The address is no address, or the port is taken.
    """
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if not port.isdigit() or not host:
        raise SetupError(f"--listen {listen}: expected ADDRESS:PORT, such as 127.0.0.1:8080")
    try:
        return socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise SetupError(f"cannot listen on {listen} ({why}); choose another address or port with --listen") from error


class Server:
    """Serves an application until stopped."""

    def __init__(self, app: Starlette, listener: socket.socket) -> None:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._listener = listener
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="web", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(3)
        self._listener.close()
