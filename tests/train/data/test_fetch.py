import csv
import functools
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.drawn import png
from train.data.dataset import read
from train.data.fetch_kermany import HANDLE, Contents, fetch, whose
from xray.errors import SetupError

NAMES = {
    "train/NORMAL": ["IM-0115-0001.jpeg", "NORMAL2-IM-0517-0001.jpeg"],
    "train/PNEUMONIA": ["person80_bacteria_1.jpeg", "person80_virus_2.jpeg", "person80_virus_3.jpeg"],
    "val/NORMAL": ["NORMAL2-IM-1427-0001.jpeg"],
    "val/PNEUMONIA": ["person1946_bacteria_4874.jpeg"],
    "test/NORMAL": ["IM-0001-0001.jpeg"],
    "test/PNEUMONIA": ["person1_virus_6.jpeg"],
}
SMALL = Contents(
    {(folder.split("/")[0], folder.split("/")[1]): len(names) for folder, names in NAMES.items()},
    {
        label: hashlib.sha256("\n".join(NAMES[f"train/{label}"]).encode()).hexdigest()
        for label in ("NORMAL", "PNEUMONIA")
    },
)


@functools.cache
def archive() -> bytes:
    """What Kaggle sends, in small: with the copy inside and the rubbish that its archive holds."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("chest_xray/__MACOSX/large", bytes(3_000_000))  # kagglehub writes a mebibyte at a time
        for at, (folder, names) in enumerate(NAMES.items()):
            for place, name in enumerate(names):
                for root in ("chest_xray", "chest_xray/chest_xray"):
                    file.writestr(f"{root}/{folder}/{name}", png(10 * at + place))
            file.writestr(f"chest_xray/__MACOSX/{folder}/._{names[0]}", b"rubbish")
            file.writestr(f"chest_xray/{folder}/.DS_Store", b"rubbish")
    return content.getvalue()


class Kaggle(ThreadingHTTPServer):
    """Stands in for Kaggle, as a proxy: kagglehub asks http://localhost through it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.archive = archive()
        self.status = 200
        self.cut_at: int | None = None
        self.ranges: list[str | None] = []


class Answers(BaseHTTPRequestHandler):
    server: Kaggle

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status != 200:
            self.send_response(self.server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path.endswith("/GetDataset"):
            self._json({"ref": HANDLE, "currentVersionNumber": 2})
        else:
            self.send_response(302)
            self.send_header("Location", "http://localhost/archive.zip")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.server.ranges.append(wanted)
        self.send_response(206 if wanted else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(self.server.archive) - begin))
        self.end_headers()
        self.wfile.write(self.server.archive[begin : self.server.cut_at])
        self.close_connection = True

    def _json(self, content: object) -> None:
        data = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def kaggle() -> Iterator[Kaggle]:
    with Kaggle() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(into: Path, address: str) -> subprocess.CompletedProcess[str]:
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("KAGGLE") and "proxy" not in name.lower()
    }
    env |= {"KAGGLE_API_ENVIRONMENT": "LOCALHOST", "http_proxy": address, "HOME": str(into.parent), "PYTHONPATH": "."}
    command = [sys.executable, "-m", "train", "fetch", "kermany", "--into", str(into)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=100, check=False)


def address(server: Kaggle) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def test_a_download_that_was_cut_off_goes_on_where_it_stopped_and_is_then_checked(
    kaggle: Kaggle, tmp_path: Path
) -> None:
    kaggle.cut_at = 2_500_000
    cut = run(tmp_path / "k", address(kaggle))
    assert (cut.returncode, cut.stdout) == (2, "")
    assert "give the same command again to go on" in cut.stderr.splitlines()[-1]
    kept = next((tmp_path / "k").rglob("*.archive")).stat().st_size
    assert kept == 2 * 2**20

    kaggle.cut_at = None
    whole = run(tmp_path / "k", address(kaggle))
    assert kaggle.ranges[-1] == f"bytes={kept}-"
    assert "%|" in whole.stderr  # the progress bar
    assert whole.returncode == 2, whole.stderr  # the stand-in's few images are not the real ones
    assert "train/NORMAL 2 in place of 1341" in whole.stderr
    assert not (tmp_path / "k" / "manifest.csv").exists()
    assert {path.name for path in (tmp_path / "k").iterdir()} == {"chest_xray"}

    fetch(tmp_path / "k", known=SMALL)
    data = read(tmp_path / "k")
    assert data.counts() == {"test": {"NORMAL": 1, "PNEUMONIA": 1}, "unsplit": {"NORMAL": 3, "PNEUMONIA": 4}}
    with (tmp_path / "k" / "manifest.csv").open() as lines:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(lines)}
    assert rows["person80_virus_2.jpeg"]["patient"] == rows["person80_virus_3.jpeg"]["patient"] == "virus-person80"
    assert rows["person80_bacteria_1.jpeg"]["patient"] == "bacteria-person80"
    assert rows["NORMAL2-IM-1427-0001.jpeg"]["official_split"] == "val"


@pytest.mark.parametrize(("status", "words"), [(403, "KAGGLE_API_TOKEN"), (404, "status 404"), (500, "status 500")])
def test_a_refusal_of_kaggle_is_one_sentence_with_the_manual_way(
    kaggle: Kaggle, tmp_path: Path, status: int, words: str
) -> None:
    kaggle.status = status
    refused = run(tmp_path / "k", address(kaggle))
    told = refused.stderr.strip().splitlines()
    assert (refused.returncode, len(told)) == (2, 1), refused.stderr
    assert words in told[0] and "by hand: download the zip file" in told[0] and "same command again" in told[0]


def test_without_network_one_sentence_says_so_and_the_manual_way(tmp_path: Path) -> None:
    refused = run(tmp_path / "k", "http://127.0.0.1:9")  # discard: nobody listens
    assert refused.returncode == 2
    assert "no connection to Kaggle" in refused.stderr.splitlines()[-1]
    assert "Traceback" not in refused.stderr


def test_what_was_unpacked_by_hand_is_used_and_other_names_are_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(archive())) as file:
        file.extractall(tmp_path)
    assert "9 images" in fetch(tmp_path, known=SMALL)
    (tmp_path / "manifest.csv").unlink()
    one = tmp_path / "chest_xray" / "train" / "NORMAL" / "IM-0115-0001.jpeg"
    one.rename(one.with_name("IM-0116-0001.jpeg"))
    with pytest.raises(SetupError, match="train/NORMAL holds other names"):
        fetch(tmp_path, known=SMALL)
    assert not (tmp_path / "manifest.csv").exists()


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(SetupError, match=r"lungwatch\[fetch\]"):
        fetch(tmp_path, known=SMALL)


def test_a_name_tells_subtype_and_patient() -> None:
    assert whose("person80_virus_150.jpeg") == ("virus", "virus-person80")
    assert whose("NORMAL2-IM-0517-0001.jpeg") == ("normal", "normal-NORMAL2-IM-0517")
    assert whose("somebody.jpeg") == ("", "somebody.jpeg")


@pytest.mark.data
def test_patients_read_from_names_are_those_that_the_set_is_known_to_have(data_dir: Path) -> None:
    for one in read(data_dir / "kermany").examples:
        assert whose(one.path.name) == (one.columns["subtype"], one.patient)
