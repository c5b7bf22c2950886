"""A child process in which a model file does its worst first: one that is hostile or damaged ends the child, not us.

The interpreter is C++ and trusts the graph it is given. A child is no sandbox: it runs with our rights, and holds only
what crashes, hangs or eats memory.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from xray.errors import SetupError

MEMORY_BYTES = 4 << 30
"""Address space on top of what Python and LiteRT have: a DenseNet in float takes a twentieth of it."""
PATIENCE_SECONDS = 120.0
"""For one answer. The slowest model takes a second an image on a small device."""


class Child:
    """One process that answers questions about a model file; a context manager, which ends it."""

    def __init__(self, prepare: Callable[..., Callable[..., Any]], *given: Any) -> None:
        """Start it.

        Args:
            prepare: A module's function or class; run in the child, it returns what answers there.
            given: Its arguments.
        """
        context = multiprocessing.get_context("spawn")  # a fork would inherit the threads of whoever calls
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, prepare, given), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()

    def ask(self, *question: Any) -> None:
        """Send a question; `answer` waits for what it says."""
        with contextlib.suppress(BrokenPipeError):  # it is gone already: `answer` tells why
            self._connection.send(question)

    def answer(self, patience_seconds: float = PATIENCE_SECONDS) -> Any:
        """Wait for the answer to the last question.

        Raises:
            SetupError: What the child raised, or: it crashed, or gave no answer in time.
        """
        if not self._connection.poll(patience_seconds):
            raise SetupError(
                f"the model file gave no answer within {patience_seconds:.0f} seconds and was stopped; it is damaged, "
                "was made to do harm, or is too large for this machine"
            )
        try:
            succeeded, said = self._connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            raise SetupError(
                f"the model file crashed the program that loaded it ({_end(self._process.exitcode)}); it is damaged, "
                "was made to do harm, or is too large for this machine: do not use it"
            ) from None
        if succeeded:
            return said
        if isinstance(said, SetupError):
            raise said
        raise RuntimeError(f"a fault in Lungwatch itself, in its child process:\n{said}")


def call(function: Callable[..., Any], *given: Any) -> Any:
    """Call a module's function in a child of its own and return what it returns; see `Child.answer`."""
    with Child(_itself, function) as child:
        child.ask(*given)
        return child.answer()


def _itself(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def _serve(connection: Connection, prepare: Callable[..., Callable[..., Any]], given: tuple[Any, ...]) -> None:
    _limit()
    try:
        answer = prepare(*given)
        while True:
            connection.send((True, answer(*connection.recv())))
    except (EOFError, BrokenPipeError):
        pass  # the caller is gone
    except SetupError as error:
        connection.send((False, error))
    except MemoryError:
        connection.send((False, SetupError("the model file does not fit into this machine's memory")))
    except Exception:  # a bug: told where somebody sees it, since nobody reads a child's standard error
        connection.send((False, traceback.format_exc()))


def _limit() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller ends us
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what LiteRT remarks, and what a crash says in the file's own words
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        space = pages * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (space, space))


def _end(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"exit code {exit_code}"
    return f"signal {signal.Signals(-exit_code).name}"
