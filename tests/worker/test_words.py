"""Ids, names, pauses, log lines: what is small enough to be told in a line each."""

import ctypes
import json
import logging
import os
import re
import sqlite3
import struct
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker import filesystem
from worker.durable import DiskFailure
from worker.ids import Ids, encode, is_id
from worker.logs import configure
from worker.names import escape, is_temporary
from worker.pauses import Pause, Paused, classify
from worker.wake import Wake


def test_ids_sort_by_time_even_when_the_clock_goes_back() -> None:
    times = iter([5_000_000_000, 5_000_000_000, 6_000_000_000, 1_000_000_000, 7_000_000_000])
    ids = Ids(lambda: next(times), lambda count: b"\xff" * count)
    made = [ids.next() for _ in range(5)]
    assert made == sorted(set(made))
    assert all(map(is_id, made))


def test_ids_are_ulids() -> None:
    # From the specification's own example: https://github.com/ulid/spec#canonical-string-representation
    milliseconds = int(datetime(2016, 7, 30, 23, 54, 10, 259000, UTC).timestamp() * 1000)
    assert encode(milliseconds << 80).startswith("01ARZ3NDEK")
    assert encode(2**128 - 1) == "7" + "Z" * 25


@pytest.mark.parametrize("name", ["a.jpeg", "a b (1).dcm", "Über.png", "胸.dcm"])
def test_printable_names_are_written_as_they_are(name: str) -> None:
    assert escape(name) == name


def test_any_bytes_make_a_name_that_is_valid_and_unlike_others() -> None:
    names = [os.fsdecode(bytes([byte])) for byte in range(1, 256) if byte != ord("/")]
    names += ["\\x80", "\\\\x80", os.fsdecode(b"\x80"), "\u202e", "\u200b", "\ufeff", "\U000e0001"]
    written = [escape(name) for name in names]
    assert len(set(written)) == len(set(names))
    for text in written:
        assert text.isprintable()
        text.encode()


@pytest.mark.parametrize("name", [".x", "~x", "x~", "x.tmp", "x.PART", "x.jpeg.crdownload", ".x.jpeg.Ab12", "~$x.dcm"])
def test_unfinished_transfers_are_known_by_their_names(name: str) -> None:
    assert is_temporary(name)
    assert not is_temporary("x.jpeg")
    assert not is_temporary("template")


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (OSError(28, ""), Pause.DISK_FULL),
        (OSError(30, ""), Pause.READ_ONLY),
        (OSError(116, ""), Pause.FOLDER_GONE),
        (OSError(5, ""), Pause.DISK_ERROR),
        (Paused(Pause.FOLDER_REPLACED), Pause.FOLDER_REPLACED),
        (OSError(22, ""), None),
        (sqlite3.ProgrammingError("a bug"), None),
    ],
)
def test_the_installations_faults_are_pauses_and_bugs_are_not(error: Exception, pause: Pause | None) -> None:
    assert classify(error) is pause


def test_a_ledger_that_is_not_confirmed_stops_the_worker() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    with pytest.raises(DiskFailure):
        classify(error)
    error.sqlite_errorname = "SQLITE_FULL"
    assert classify(error) is Pause.DISK_FULL


def test_pauses_say_what_to_do() -> None:
    assert all(pause.sentence.endswith(".") and len(pause.sentence) > 30 for pause in Pause)


def test_operations_and_metrics_tell_every_pause() -> None:
    docs = Path(__file__).parents[2] / "docs"
    for page in ("operations.md", "metrics.md"):
        section = (docs / page).read_text().split("\n## Pauses\n")[1].split("\n## ")[0]
        told = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert told[0] == "reason"  # the table's head
        assert sorted(told[1:]) == sorted(pause.value for pause in Pause), page


class _Disk:
    """A statfs(2) that knows one kind of file system."""

    def __init__(self, magic: int) -> None:
        self._magic = magic

    def statfs(self, path: bytes, buffer: "ctypes.Array[ctypes.c_char]") -> int:
        struct.pack_into("@l", buffer, 0, self._magic)
        return 0


@pytest.mark.parametrize(("magic", "name"), [*filesystem.NETWORK.items(), (0xEF53, None), (0x01021994, None)])
def test_network_filesystems_are_known_by_their_magic(
    monkeypatch: pytest.MonkeyPatch, magic: int, name: str | None
) -> None:
    monkeypatch.setattr(filesystem, "_libc", _Disk(magic))
    assert filesystem.network_name(Path("/anywhere")) == name


def test_the_magic_of_a_real_disk_is_read_where_the_kernel_puts_it() -> None:
    done = subprocess.run(["stat", "-f", "-c", "%t", "/proc"], capture_output=True, text=True, check=True)
    buffer = ctypes.create_string_buffer(256)
    assert filesystem._libc.statfs(b"/proc", buffer) == 0
    assert struct.unpack_from("@l", buffer)[0] == int(done.stdout, 16)
    assert filesystem.network_name(Path("/proc")) is None


def test_a_bell_rung_before_waiting_is_heard_once() -> None:
    wake = Wake()
    wake.set()
    wake.set()
    assert wake.wait(0)
    assert not wake.wait(0)
    wake.stop()
    assert wake.stopping and wake.wait(0)
    wake.close()


def test_json_log_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        configure("json", "info")
        logging.getLogger("worker.test").info("%s: answered", "ID")
        line = json.loads(capsys.readouterr().err)
    finally:
        root.handlers[:], root.level = before, level
    assert (line["level"], line["logger"], line["message"]) == ("info", "worker.test", "ID: answered")
