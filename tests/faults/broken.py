"""Workers that break the protocol on purpose: a harness that does not catch them proves nothing."""

import os

from worker.ledger import Ledger, Step
from worker.publish import Publisher


def nothing() -> None:
    """Leave the worker as it is."""


def published_before_decided() -> None:
    """Show a result before the decision on it is durable."""
    commit = Ledger.commit

    def late(self: Ledger, step: Step) -> None:
        publisher = Publisher(_root(self))
        for publication in step.publications:
            publisher.write(publication)
            for number, output in enumerate(publication.outputs):
                publisher._place_output(publication, number, output)
        commit(self, step)

    Ledger.commit = late  # type: ignore[method-assign]


def written_in_place() -> None:
    """Write a result where it will be seen, instead of aside, synced and renamed."""

    def write(self: Publisher, publication: object) -> None:
        pass

    def place(self: Publisher, publication: object, number: int, output: object) -> None:
        target = self._root + output.path  # type: ignore[attr-defined]
        self._make(os.path.dirname(target))
        with open(target, "wb", buffering=0) as file:
            file.write(output.content)  # type: ignore[attr-defined]

    Publisher.write = write  # type: ignore[method-assign,assignment]
    Publisher._place_output = place  # type: ignore[method-assign,assignment]


VARIANTS = ("published_before_decided", "written_in_place")


def _root(ledger: Ledger) -> str:
    return os.path.dirname(ledger._path)
