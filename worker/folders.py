"""The drop folder: one root on one file system, and where everything in it lies."""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from worker import durable, placement
from worker.filesystem import network_name
from worker.pauses import Pause, Paused
from xray.errors import SetupError

MARKER = ".lungwatch"
"""Tells this root from an empty mount point; holds a random id."""


@dataclass(frozen=True)
class Folders:
    """Where things lie. All are directly below the root, so that a rename is always enough."""

    root: Path
    network: str | None = None
    """Name of the network file system that the root is on, or None."""
    marker: str = ""
    """What the marker held at the start."""

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def done(self) -> Path:
        return self.root / "done"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def all(self) -> tuple[Path, ...]:
        return self.incoming, self.work, self.done, self.quarantine, self.results

    def identity(self) -> tuple[int, int]:
        """Return (device, inode) of the incoming folder: what a watch must be tied to. Folders removed are made again.

        Raises:
            Paused: The root is gone, or another one is in its place.
        """
        try:
            marker = (self.root / MARKER).read_text()
        except FileNotFoundError as error:
            raise Paused(Pause.FOLDER_REPLACED if self.root.is_dir() else Pause.FOLDER_GONE) from error
        if marker != self.marker:
            raise Paused(Pause.FOLDER_REPLACED)
        for folder in self.all:
            if not folder.is_dir():
                folder.mkdir()
        found = os.stat(self.incoming)
        return found.st_dev, found.st_ino


def prepare(root: Path, ledger: Path) -> Folders:
    """Make the folders that are missing, and check that the protocol can hold on them.

    Raises:
        SetupError: The folders cannot be made, or something lies where it may not.
    """
    root, ledger = root.absolute(), ledger.absolute()
    folders = Folders(root)
    placement.refuse_links(root, folders.all)
    placement.refuse_nested(root, MARKER)
    if not (root / MARKER).exists() and not ledger.is_relative_to(root) and ledger.exists():
        raise SetupError(
            f"the ledger {ledger} belongs to another drop folder: {root} has no file {MARKER}. Mount the right disk, or "
            "name another place with --ledger"
        )
    try:
        for folder in (*folders.all, ledger.parent):
            folder.mkdir(parents=True, exist_ok=True)
        placement.refuse_misplaced(root, folders.all, ledger)
        marker = _mark(root)
        network = network_name(root)
    except OSError as error:
        raise SetupError(
            f"the drop folder {root} cannot be set up: {error.strerror} ({error.filename}); let the worker's user own "
            "it, or choose another --root"
        ) from error
    return Folders(root, network, marker)


def _mark(root: Path) -> str:
    """Return what the marker holds; put one there if there is none."""
    path, aside = root / MARKER, root / f"{MARKER}.new"
    if not path.exists():
        aside.write_text(f"{uuid.uuid4()}\n")
        aside.rename(path)  # a marker cut off by a full disk would be another root's for ever
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            durable.sync_all(descriptor)  # a ledger on another disk must not outlive it
        finally:
            os.close(descriptor)
    return path.read_text()
