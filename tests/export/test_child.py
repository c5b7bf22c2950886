"""The child that loads a file first: whatever it does, the caller hears a sentence."""

import os
import signal
from pathlib import Path

import pytest

from export import child
from export.child import Child, call
from xray.errors import SetupError


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(7)


def refuse() -> None:
    raise SetupError("not this one")


def fail() -> None:
    raise ZeroDivisionError("a bug")


def eat() -> int:
    return len(bytearray(child.MEMORY_BYTES + (1 << 30)))


def hang() -> None:
    signal.pause()


def process_of(_: object = None) -> int:
    return os.getpid()


def test_what_happens_in_a_child_is_told_and_never_shared() -> None:
    """In one test, since each child takes half a second to start."""
    assert call(process_of) != os.getpid()
    for function, error, words in (
        (crash, SetupError, r"crashed the program that loaded it \(signal SIGSEGV"),
        (leave, SetupError, "exit code 7"),
        (refuse, SetupError, "not this one"),
        (eat, SetupError, "does not fit into this machine's memory"),
        (fail, RuntimeError, "ZeroDivisionError: a bug"),
    ):
        with pytest.raises(error, match=words):
            call(function)


def answers(function: object) -> object:
    return function


def test_a_child_that_gives_no_answer_is_stopped() -> None:
    with Child(answers, hang) as one:
        one.ask()
        with pytest.raises(SetupError, match="no answer within"):
            one.answer(patience_seconds=0.1)
        pid = one._process.pid
    assert not Path(f"/proc/{pid}").exists()


def test_a_child_keeps_what_it_has_loaded_between_questions() -> None:
    with Child(answers, process_of) as one:
        one.ask()
        first = one.answer()
        one.ask()
        assert one.answer() == first
