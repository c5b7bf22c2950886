"""What the worker refuses to start on, each with its mend; and who may move what out of incoming."""

import itertools
import logging
import os
import shutil
import socket
import stat
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.worker.drawn import jpeg
from tests.worker.running import Running
from worker import folders as layout
from worker.inbox import LONGEST_RETRY_SECONDS, RETRY_SECONDS, Inbox, Rules
from worker.permission import obstacle
from worker.placement import refuse_misplaced
from xray.errors import SetupError

NOBODY = 65534
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def as_nobody(ask: Callable[[], str | None]) -> str | None:
    """Ask as a user without rights, in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            said = ask() or ""
        except SetupError as error:
            said = str(error)
        except BaseException as error:
            said = repr(error)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading, "rb") as pipe:
        return pipe.read().decode() or None


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that everybody may enter, which pytest's are not."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        yield Path(place)


def test_incoming_may_not_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root").mkdir()
    for target in (tmp_path / "elsewhere", tmp_path / "nothing"):
        (tmp_path / "root" / "incoming").symlink_to(target)
        with pytest.raises(SetupError, match="incoming is a link; make it a folder"):
            layout.prepare(tmp_path / "root", tmp_path / "ledger.sqlite")
        (tmp_path / "root" / "incoming").unlink()


def test_a_root_inside_another_ones_incoming_is_refused(tmp_path: Path) -> None:
    layout.prepare(tmp_path, tmp_path / "ledger.sqlite")
    inner = tmp_path / "incoming" / "inner"
    with pytest.raises(SetupError, match="inside another drop folder"):
        layout.prepare(inner, inner / "ledger.sqlite")
    assert not inner.exists()


@pytest.mark.parametrize("folder", ["incoming", "work", "done", "quarantine", "results", "incoming/deeper"])
def test_the_ledger_inside_a_folder_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(SetupError, match="--ledger"):
        layout.prepare(tmp_path, tmp_path / folder / "ledger.sqlite")


def test_folders_on_several_file_systems_are_refused(tmp_path: Path) -> None:
    folders = layout.prepare(tmp_path, tmp_path / "ledger.sqlite")
    with pytest.raises(SetupError, match="on one"):
        refuse_misplaced(tmp_path, folders.all, tmp_path / "l", device_of=lambda path: int(path.name == "results"))


def test_the_ledger_on_a_network_filesystem_is_refused(tmp_path: Path) -> None:
    folders = layout.prepare(tmp_path, tmp_path / "ledger.sqlite")
    with pytest.raises(SetupError, match="is on NFS; put it on a local disk with --ledger"):
        refuse_misplaced(tmp_path, folders.all, tmp_path / "ledger.sqlite", network_of=lambda path: "NFS")


@AS_ROOT
def test_a_root_that_is_not_ours_to_write_is_refused(open_place: Path) -> None:
    def start() -> None:
        layout.prepare(open_place, open_place / "ledger.sqlite")

    assert "let the worker's user own it" in str(as_nobody(start))
    start()
    assert "not writable for user 65534; let the worker's user own it" in str(as_nobody(start))


@AS_ROOT
@pytest.mark.parametrize(("mode", "said"), [(0o1777, "sticky"), (0o755, "not writable"), (0o777, None)])
def test_an_incoming_folder_that_holds_files_fast_is_told(open_place: Path, mode: int, said: str | None) -> None:
    os.chmod(open_place, mode)
    told = as_nobody(lambda: obstacle(open_place))
    assert told is None if said is None else said in str(told)
    assert obstacle(open_place) is None  # root may
    os.chown(open_place, NOBODY, NOBODY)
    assert mode == 0o755 or as_nobody(lambda: obstacle(open_place)) is None


@AS_ROOT
def test_what_is_told_is_what_the_kernel_does(open_place: Path) -> None:
    (open_place / "theirs").touch()
    os.chmod(open_place, 0o1777)

    def move() -> None:
        os.rename(open_place / "theirs", open_place / "ours")

    assert "PermissionError" in str(as_nobody(move))
    os.chmod(open_place, stat.S_IMODE(0o777))
    assert as_nobody(move) is None


def test_a_file_that_cannot_be_moved_is_tried_more_and_more_rarely(tmp_path: Path) -> None:
    now = 0.0
    inbox = Inbox(str(tmp_path), Rules(0.0, 0.0), lambda: now)
    (tmp_path / "theirs").write_text("text")
    tries = []
    while now < 20_000:
        inbox.look()
        for arrival in inbox.take(1):
            tries.append(now)
            assert bool(inbox.give_back([arrival.name])) is (len(tries) == 1)
        now += 10
    assert tries[1] - tries[0] == RETRY_SECONDS
    assert tries[2] - tries[1] == 2 * RETRY_SECONDS
    assert max(after - before for before, after in itertools.pairwise(tries)) == LONGEST_RETRY_SECONDS
    assert (inbox.stuck, inbox.waiting) == (1, 1)
    (tmp_path / "theirs").unlink()
    inbox.look()
    assert inbox.stuck == 0


def test_that_the_watch_was_stopped_is_no_error_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    from worker.logs import configure

    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        configure("text", "info")
        root.addHandler(caplog.handler)
        noisy = logging.getLogger("watchdog.observers.inotify")
        noisy.error("InotifyEmitter.queue_events() called when the thread is inactive")
        noisy.error("something else")
    finally:
        root.handlers[:], root.level = handlers, level
    assert [record.message for record in caplog.records] == ["something else"]


@AS_ROOT
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv, to take root's privileges away")
def test_files_that_are_stuck_are_told_in_log_readiness_and_metrics(running: Running) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    os.chmod(running.incoming, 0o1777)
    os.chown(running.incoming, NOBODY, NOBODY)
    (running.incoming / "theirs").write_bytes(jpeg(0))
    os.chown(running.incoming / "theirs", NOBODY, NOBODY)
    running.start(listen=address, before=("setpriv", "--bounding-set=-fowner", "--inh-caps=-all")).until_serving()

    def ask(page: str) -> str:
        try:
            with urllib.request.urlopen(f"http://{address}{page}", timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()

    running.until(lambda: "sticky" in ask("/readyz"), "the reason")
    assert "chmod -t" in ask("/readyz")
    assert "lungwatch_stuck_files 1.0" in ask("/metrics")
    assert "others' files cannot be moved" in running.log.read_text()
    (running.incoming / "ours").write_bytes(jpeg(1))
    (found,) = running.until_answered(1)
    assert found["source"]["name"] == "ours"
    os.chmod(running.incoming, 0o777)
    assert running.stop() == 0
    assert running.start().until_answered(2)[1]["source"]["name"] == "theirs"
