"""Publishing what was promised: write aside, rename into place, move the source. Doing it again changes nothing."""

import contextlib
import errno
import os
from pathlib import Path

from worker.claim import Claim
from worker.ledger import Output, Publication

ASIDE_SUFFIX = ".result"
"""Of outputs in `work` that were not renamed into place yet."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_NOT_OURS = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.EPERM, errno.EXDEV})
"""Taken back, a sub-folder that became a link or may not be written in, or one on another file system."""


class Publisher:
    """Does the disk work of a claim and of a publication, and remembers what has to be made durable.

    A group goes through `write` (then a sync) and `place` (then a sync): no result is renamed into view before its
    content is on the disk, and no row is closed before the names are.
    """

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"
        self._incoming = f"{root}/incoming"
        self._work = f"{root}/work"
        self._made: set[str] = set()
        self.dirty: set[str] = set()
        """Files written and directories changed since the last sync."""

    def claim(self, claim: Claim) -> bool:
        """Move an arrival to `work/<id>`; False where it is no longer there or may not be moved."""
        if claim.taken_from:
            return self._claim_again(claim)
        below, _, name = claim.name.rpartition("/")
        try:
            folder = self._open_folder(below)
            try:
                os.rename(name, f"{self._work}/{claim.id}", src_dir_fd=folder)
            finally:
                os.close(folder)
        except OSError as error:
            if error.errno not in _NOT_OURS:
                raise
            # Over NFS a rename whose confirmation was lost is asked again, and then finds nothing.
            if not os.path.lexists(self.work_path(claim.id)):
                return False
        self.dirty.add(f"{self._incoming}/{below}" if below else self._incoming)
        self.dirty.add(self._work)
        return True

    def _claim_again(self, claim: Claim) -> bool:
        """Move a file that `requeue` named out of one of our own folders."""
        source = self._root + claim.taken_from
        try:
            os.rename(source, f"{self._work}/{claim.id}")
        except FileNotFoundError:
            if not os.path.isdir(self._work):
                raise
            return False
        self.dirty.update((os.path.dirname(source), self._work))
        return True

    def _open_folder(self, below: str) -> int:
        """Open a sub-folder of `incoming` one name at a time: none of them may have become a link meanwhile."""
        folder = os.open(self._incoming, _FOLDER)
        for name in filter(None, below.split("/")):
            try:
                inner = os.open(name, _FOLDER, dir_fd=folder)
            finally:
                os.close(folder)
            folder = inner
        return folder

    def work_path(self, id: str) -> str:
        return f"{self._work}/{id}"

    def is_gone(self, id: str) -> bool:
        """Tell whether somebody took a claimed file out of `work`.

        Raises:
            FileNotFoundError: All of `work` is away, so that nothing can be said about one file.
        """
        if os.path.lexists(self.work_path(id)):
            return False
        os.stat(self._work)
        return True

    def write(self, publication: Publication) -> None:
        """Write the outputs aside, in `work`, where nobody takes them for results."""
        for number, output in enumerate(publication.outputs):
            path = self._aside(publication.id, number)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            try:
                _write_all(descriptor, output.content)
            finally:
                os.close(descriptor)
            self.dirty.add(path)

    def place(self, publication: Publication) -> bool:
        """Rename the outputs into place, then the source; False where neither source nor destination is there."""
        for number, output in enumerate(publication.outputs):
            self._place_output(publication, number, output)
        source, target = f"{self._work}/{publication.id}", self._root + publication.destination
        self._make(os.path.dirname(target))
        moved = True
        try:
            os.rename(source, target)
        except FileNotFoundError:
            if os.path.lexists(source):
                self._made.clear()
                raise
            moved = os.path.lexists(target)
            os.stat(self._work)  # where all of it is away, nothing was decided about this one
        self.dirty.add(os.path.dirname(target))
        self.dirty.add(self._work)
        return moved

    def _place_output(self, publication: Publication, number: int, output: Output) -> None:
        aside, target = self._aside(publication.id, number), self._root + output.path
        self._make(os.path.dirname(target))
        try:
            os.rename(aside, target)
        except FileNotFoundError:
            if not os.path.lexists(target):
                self._made.clear()
                raise
        self.dirty.discard(aside)
        self.dirty.add(os.path.dirname(target))

    def _aside(self, id: str, number: int) -> str:
        return f"{self._work}/{id}.{number}{ASIDE_SUFFIX}"

    def _make(self, folder: str) -> None:
        """Make a folder below one of ours and make its name durable; once, as long as nobody removes it.

        Ours themselves are made by `worker.folders` only, which knows whether the root is the right one.
        """
        if folder in self._made:
            return
        above = os.path.dirname(folder)
        if not os.path.isdir(folder):
            if not above.startswith(self._root):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), folder)
            self._make(above)
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder)
        self.dirty.add(above)
        self._made.add(folder)


def _write_all(descriptor: int, content: bytes) -> None:
    written = os.write(descriptor, content)
    while written < len(content):
        written += os.write(descriptor, content[written:])
