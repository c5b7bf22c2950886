"""A patient is planted wherever a name can stand; nothing but the results and the ledger may know of her."""

import io
import json
import logging
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from tests.hostile.dicom_files import BODY_PART, CENTER, FRAMES, INTENT, MODALITY, WIDTH, Elements, file, item
from tests.hostile.dicom_files import element as write
from tests.worker.running import CHECKOUT, Running
from worker.logs import tell_error
from xray.phantom import draw

pytestmark = pytest.mark.timeout(120)

NAME, NUMBER = "Kanarienvogel", "99887766554433"
UID = f"1.2.826.{NUMBER}"
IDENTIFYING = ("name", "sop_instance_uid", "study_instance_uid", "accession_number")

PERSON: Elements = {
    0x00080018: ("UI", f"{UID}.1".encode()),
    0x00080050: ("SH", NAME.encode()),
    0x00080080: ("LO", NAME.encode()),
    0x00080090: ("PN", NAME.encode()),
    0x00081030: ("LO", NAME.encode()),
    0x00081110: ("SQ", item(write(0x00081155, "UI", UID.encode()))),
    0x00091001: ("LO", NAME.encode()),
    0x00100010: ("PN", f"{NAME}^Maria".encode()),
    0x00100020: ("LO", NUMBER.encode()),
    0x00104000: ("LT", NAME.encode()),
    0x0020000D: ("UI", f"{UID}.2".encode()),
    0x00204000: ("LT", NAME.encode()),
}


def dicom() -> Iterator[bytes]:
    """Good files, and files whose very fault is her name."""
    value = NAME.encode()
    yield file(PERSON)
    for tag, vr in (
        (MODALITY, "CS"),
        (BODY_PART, "CS"),
        (INTENT, "CS"),
        (FRAMES, "IS"),
        (CENTER, "DS"),
        (0x00185101, "CS"),
    ):
        yield file(PERSON | {tag: (vr, value)} | ({WIDTH: ("DS", value)} if tag == CENTER else {}))
    for tag in (0x00080016, 0x00280004, 0x00280010, 0x00280100, 0x00080005):
        yield file(PERSON | {tag: ("CS" if tag != 0x00080016 else "UI", value)})
    yield file(PERSON, syntax=UID)
    yield file(PERSON)[:-5000]
    yield file(PERSON)[:600]
    yield file(PERSON | {0x00102160: ("PN", b"")}, b"\x10\0\x10\0??" + value)
    yield file(PERSON, preamble=value)


def rasters() -> Iterator[bytes]:
    """The same for pictures."""
    image = Image.fromarray(draw(1, height=96, width=96))
    text = PngImagePlugin.PngInfo()
    for key in ("Patient", NAME):
        text.add_text(key, NAME)
        text.add_itxt(key, NAME)
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = NAME
    for kind, options in (
        ("PNG", {"pnginfo": text, "exif": exif}),
        ("JPEG", {"comment": NAME.encode(), "exif": exif}),
        ("TIFF", {"description": NAME, "artist": NAME}),
    ):
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        data = buffer.getvalue()
        yield from (data, data[:-300], data[:200], data.replace(b"\x00\x60", b"\xff\xff", 2))
    yield f"{NAME} in a letter".encode()


def drop(incoming: Path) -> int:
    """Drop all of them under her name; return how many."""
    folder = incoming / NAME / f"study of {NAME}"
    folder.mkdir(parents=True)
    for number, data in enumerate([*dicom(), *rasters()]):
        (folder / f"{NAME}^Maria {number}.dcm").write_bytes(data)
    os.mkfifo(folder / f"{NAME}.pipe")
    (folder / f"{NAME}.link").symlink_to(f"/home/{NAME}")
    (incoming / f"{NAME}.tmp").write_text(NAME)
    return sum(1 for one in folder.iterdir())


def knows(text: str | bytes) -> bool:
    raw = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return any(secret.lower() in raw.lower() for secret in (NAME.encode(), NUMBER.encode()))


def get(listen: str, path: str) -> str:
    with urllib.request.urlopen(f"http://{listen}{path}", timeout=5) as reply:
        text: str = reply.read().decode()
    return text


def processes(pid: int) -> Iterator[Path]:
    yield Path(f"/proc/{pid}")
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from (Path(f"/proc/{child}") for child in children.read_text().split())


@pytest.mark.parametrize("form", ["text", "json"])
def test_nobody_but_results_and_ledger_knows_whose_picture_it_is(running: Running, form: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    running.start("--patience", "1", "--log-level", "debug", "--log-format", form, listen=listen).until_serving()
    assert running.process is not None
    count = drop(running.incoming)
    results = running.until_answered(count)
    for path in ("/", "/metrics", "/healthz", "/readyz"):
        assert not knows(get(listen, path)), path
    for process in processes(running.process.pid):
        for what in ("cmdline", "comm", "environ"):
            assert not knows((process / what).read_bytes()), what
    assert running.stop() == 0
    assert not knows(running.log.read_text())
    for folder in ("work", "done", "quarantine", "results"):
        for path in (running.root / folder).rglob("*"):
            assert not knows(str(path.relative_to(running.root)))
    allowed = {running.root / "results", running.root / "done", running.root / "quarantine", running.incoming}
    for path in running.root.rglob("*"):
        if path.is_file() and not allowed & set(path.parents) and not path.name.startswith("ledger.sqlite"):
            assert not knows(path.read_bytes()), path
    for result in results:
        told = {key: result["source"].pop(key) for key in IDENTIFYING}
        assert knows(str(told["name"]))
        assert not knows(json.dumps(result))
    assert {one["outcome"] for one in results} == {"answered", "refused"}


def test_results_tell_what_a_dicom_file_calls_itself_answered_or_not(running: Running) -> None:
    running.start()
    (running.incoming / "a").write_bytes(file(PERSON))
    (running.incoming / "b").write_bytes(file(PERSON | {MODALITY: ("CS", b"MR")}))
    (running.incoming / "c").write_bytes(file())
    answered, refused, nameless = running.until_answered(3)
    assert (answered["outcome"], refused["reason"]) == ("answered", "wrong_modality")
    for one in (answered, refused):
        assert [one["source"][key] for key in IDENTIFYING[1:]] == [f"{UID}.1", f"{UID}.2", NAME]
    assert [nameless["source"][key] for key in IDENTIFYING[1:]] == [None, None, None]


def test_without_identity_results_know_nothing_either(running: Running) -> None:
    running.start("--no-identity", "--patience", "1")
    results = running.until_answered(drop(running.incoming))
    assert running.stop() == 0
    assert not knows(json.dumps(results))
    assert {one["source"][key] for one in results for key in IDENTIFYING} == {None}
    assert all(one["source"]["sha256"] for one in results if one["outcome"] == "answered")


def test_an_error_is_told_without_its_text() -> None:
    try:
        try:
            Path(f"/nowhere/{NAME}").read_bytes()
        except OSError as error:
            raise ValueError(NAME) from error
    except ValueError as error:
        told = tell_error(error)
    assert not knows(told)
    assert "FileNotFoundError (errno 2)" in told
    assert "ValueError" in told and "test_secrets.py" in told


BUG = """
import logging, sys, threading, warnings
from worker.logs import configure
configure(sys.argv[1], "debug")
warnings.warn(sys.argv[2])
def fail():
    raise RuntimeError(sys.argv[2])
thread = threading.Thread(target=fail)
thread.start()
thread.join()
try:
    fail()
except RuntimeError:
    logging.getLogger("worker").exception("failed")
fail()
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_bug_is_logged_without_the_text_of_its_error(form: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUG, form, NAME], cwd=CHECKOUT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.count("RuntimeError") >= 3
    assert "UserWarning" in done.stderr
    assert not knows(done.stderr)
    assert logging.getLogger("worker").level == logging.NOTSET
