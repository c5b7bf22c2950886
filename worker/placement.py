"""Whether a drop folder and its ledger lie where the protocol can hold: checked at the start, each fault with its mend."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from worker.filesystem import network_name
from xray.errors import SetupError


def refuse_links(root: Path, folders: Sequence[Path]) -> None:
    """Raise SetupError where one of the folders is a link: what it leads to can change while files are moved."""
    for folder in folders:
        if folder.is_symlink():
            raise SetupError(
                f"{folder} is a link; make it a folder of its own, and let --root ({root}) be the link if there must be one"
            )


def refuse_nested(root: Path, marker: str) -> None:
    """Raise SetupError where this root lies in another one, whose worker would take our results for arrivals."""
    for above in root.resolve().parents:
        if (above / marker).exists():
            raise SetupError(f"{root} lies inside another drop folder, {above}; choose a --root beside it")


def refuse_misplaced(
    root: Path,
    folders: Sequence[Path],
    ledger: Path,
    *,
    device_of: Callable[[Path], int] = lambda path: os.stat(path).st_dev,
    network_of: Callable[[Path], str | None] = network_name,
) -> None:
    """Check folders that are there.

    Args:
        root: The drop folder.
        folders: What is directly below it.
        ledger: The ledger's file.
        device_of: Tells file systems apart.
        network_of: Names the network file system that a path is on, if any.

    Raises:
        SetupError: Something lies where it may not.
    """
    if len({device_of(folder) for folder in (root, *folders)}) > 1:
        raise SetupError(
            f"the folders below {root} are on several file systems, so files cannot be moved by renaming; "
            "put incoming, work, done, quarantine and results on one"
        )
    for folder in folders:
        if ledger.resolve().is_relative_to(folder.resolve()):
            raise SetupError(f"the ledger {ledger} is inside the folder {folder}; put it elsewhere with --ledger")
    if network := network_of(ledger.parent):
        raise SetupError(f"the ledger {ledger} is on {network}; put it on a local disk with --ledger")
    for folder in (root, *folders, ledger.parent):
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
            raise SetupError(f"{folder} is not writable for user {os.geteuid()}; let the worker's user own it")
