"""What is wrong with data or disk ends in one clear sentence, exit code 2, and nothing that could pass for a run."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.drawn import png
from train.cli import main
from train.data.pixels import unwritable
from train.run import Run

RECIPE = "cnn_small"


def command(name: str, *arguments: object) -> Callable[[pytest.MonkeyPatch], int]:
    def run(monkeypatch: pytest.MonkeyPatch) -> int:
        monkeypatch.setattr(sys, "argv", ["lungwatch-train", name, *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run


def fit(data: Path, run: Path, *more: object) -> Callable[[pytest.MonkeyPatch], int]:
    return command("fit", data, "--recipe", RECIPE, "--run", run, "--epochs", 1, "--workers", 1, *more)


def folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


ONE, OTHER = png(1), png(2, opacity=True)
GOOD = {f"{label}/{at}.png": png(2 * at + index) for index, label in enumerate("ab") for at in range(4)}


def manifest(text: str) -> dict[str, bytes]:
    return {"manifest.csv": text.encode(), "x.png": ONE, "y.png": OTHER}


BAD: dict[str, tuple[dict[str, bytes], tuple[str, ...]]] = {
    "no class": ({"readme.txt": b"nothing"}, ("at least two classes", "class/…")),
    "one class": ({"a/1.png": ONE}, ("at least two classes, found ['a']",)),
    "an empty class": ({"a/1.png": ONE, "b/readme.txt": b""}, ("b holds no image",)),
    "classes beside splits": (
        {"train/a/1.png": ONE, "test/a/1.png": ONE, "more/1.png": OTHER},
        ("beside splits it has more",),
    ),
    "unreadable images": (
        GOOD | {"a/cut.png": ONE[:3000], "b/text.png": b"hello", "b/none.png": b""},
        ("3 images cannot be read", "cut.png: incomplete", "text.png: unknown_format", "none.png: empty"),
    ),
    "labels that differ in case": ({"Normal/1.png": ONE, "normal/2.png": OTHER}, ("Normal, normal",)),
    "an empty manifest": (manifest(""), ("expected the columns file, label",)),
    "a manifest without rows": (manifest("file,label\n"), ("a row for each image",)),
    "a manifest with semicolons": (manifest("file;label\nx.png;a\n"), ("parted by commas",)),
    "a manifest with a column twice": (manifest("file,label,label\nx.png,a,b\n"), ("twice: label",)),
    "a manifest that is no text": (manifest("file,label\n\0") | {"manifest.csv": ONE}, ("CSV file in UTF-8",)),
    "files that are not there": (
        manifest("file,label\nx.png,a\nu.png,b\nv.png,b\n"),
        ("line 3: the file 'u.png' is not there", "line 4: the file 'v.png' is not there"),
    ),
    "a split that nobody knows": (
        manifest("file,label,split\nx.png,a,left\ny.png,b,train\n"),
        ("line 2: split 'left'",),
    ),
    "a class missing from a split": (
        manifest("file,label,split\nx.png,a,train\ny.png,b,val\n"),
        ("train split has no image of b",),
    ),
    "copies across the given split": (
        {f"{side}/{name}": content for side in ("train", "val") for name, content in GOOD.items()},
        ("the split leaks: 8 of 8 val images have an exact duplicate in train", "--clean", "--allow-leakage"),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_data_is_told_in_one_sentence(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files, words = BAD[case]
    code = fit(folder(tmp_path / "data", files), tmp_path / "run")(monkeypatch)
    told = capsys.readouterr().err
    assert code == 2
    assert all(word in told for word in words), told
    assert "Traceback" not in told
    assert list((tmp_path / "run").glob("*")) == []
    assert [file.name for file in (tmp_path / ".pixels").glob("*") if file.suffix == ".tmp"] == []


def test_a_finding_that_is_no_label_is_told(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(drawn, tmp_path / "run", "--positive", "measles")(monkeypatch) == 2
    assert "--positive measles: expected one of two labels" in capsys.readouterr().err


def test_labels_that_the_model_does_not_know_are_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = folder(tmp_path / "data", {"clear/1.png": ONE, "measles/1.png": OTHER})
    assert command("evaluate", run.folder, data, "--split", "all")(monkeypatch) == 2
    assert "measles" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["/sys/run", "{tmp}/file/run"])
def test_a_run_that_cannot_be_written_is_told(
    place: str, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert fit(drawn, Path(place.format(tmp=tmp_path)))(monkeypatch) == 2
    assert "choose another --run" in capsys.readouterr().err


def test_a_pixel_cache_that_cannot_be_written_is_told(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".pixels").write_text("")
    assert fit(drawn, tmp_path / "run")(monkeypatch) == 2
    assert "make it writable, or put --run elsewhere" in capsys.readouterr().err


_FULL = """
import resource, sys
from pathlib import Path
from train.data.dataset import read
from train.data.pixels import cached
from xray.card import InputSpec
from xray.errors import SetupError
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        cached(read(Path(sys.argv[1])).examples, InputSpec(64, 64, 1), Path(sys.argv[2]), workers=1, title="t")
    except SetupError as error:
        print(error)
        sys.exit(2)
"""


def test_a_disk_without_room_for_the_pixels_is_told_and_leaves_nothing(drawn: Path, tmp_path: Path) -> None:
    """A file may not grow over 100 kB: the system then fails as on a full disk, where a mapped file would kill us."""
    script = tmp_path / "full.py"
    script.write_text(_FULL)
    command = [sys.executable, str(script), str(drawn), str(tmp_path / "cache")]
    full = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": "."}, capture_output=True, text=True, timeout=100, check=False
    )
    assert full.returncode == 2, full.stderr
    assert "make room there, or put --run elsewhere" in full.stdout
    assert list((tmp_path / "cache").iterdir()) == []
    room = unwritable(tmp_path, OSError(errno.ENOSPC, "No space left on device"))
    assert "No space left on device" in str(room) and "make room" in str(room)
