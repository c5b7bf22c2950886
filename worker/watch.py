"""The watch on the incoming folder: its only effect is to wake the loop."""

import logging
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from worker.wake import Wake

log = logging.getLogger(__name__)

_NEWS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,  # also: renamed in from outside the folder
    DirCreatedEvent,
    FileMovedEvent,
    DirMovedEvent,
    FileClosedEvent,
]
"""Everything but what our own looking causes (opened, closed unwritten), which would wake us for ever, and each single
write. A rescan would find whatever this missed."""

_POLL_SECONDS = 2.0


class _Bell(FileSystemEventHandler):
    def __init__(self, wake: Wake) -> None:
        self._wake = wake
        self.rung = True

    def dispatch(self, event: FileSystemEvent) -> None:
        # No more than this: an exception here would end the observer's thread in silence.
        self.rung = True
        self._wake.set()


class Watch:
    """Watches a folder; checked by the loop each turn, and made anew when it has died or watches a folder that is gone."""

    def __init__(self, folder: Path, wake: Wake, *, polling: bool) -> None:
        self._folder = folder
        self._polling = polling
        self._bell = _Bell(wake)
        self._observer: BaseObserver | None = None
        self._identity: tuple[int, int] | None = None

    def stirred(self) -> bool:
        """Tell whether something was heard since the last call."""
        rung, self._bell.rung = self._bell.rung, False
        return rung

    def tie(self, identity: tuple[int, int]) -> None:
        """See to it that the folder with this (device, inode) is being watched."""
        if self._identity == identity and self._alive():
            return
        if self._identity is not None:
            log.warning("the watch on the incoming folder had ended; watching again")
        self.stop()
        observer = PollingObserver(timeout=_POLL_SECONDS) if self._polling else Observer()
        try:
            observer.schedule(self._bell, str(self._folder), recursive=True, event_filter=_NEWS)
            observer.start()
            self._observer = observer
        except OSError as error:
            # No inotify watches left, most likely. The rescan still finds everything, only later.
            log.warning("the incoming folder cannot be watched (%s); looking at intervals instead", error.strerror)
        self._identity = identity
        self._bell.rung = True

    def _alive(self) -> bool:
        observer = self._observer
        return observer is None or (observer.is_alive() and all(one.is_alive() for one in observer.emitters))

    def stop(self) -> None:
        if self._observer is not None and self._observer.is_alive():
            self._observer.stop()
            self._observer.join(5)
        self._observer = None
