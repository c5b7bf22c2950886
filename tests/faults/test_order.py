"""The order of calls in a run without faults: what power may fail after, which no killed process can show."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.prepared import MARK
from tests.faults.straced import Workers
from tests.faults.sweep import drop, once

pytestmark = pytest.mark.timeout(60)

_CALL = re.compile(r"^(\w+)\((.*)\) += \S+")
_PATH = re.compile(r'<([^>]+)>|"([^"]*)"')


class Call(NamedTuple):
    """One line of a trace."""

    name: str
    paths: tuple[str, ...]
    """Absolute, in the order in which they stand."""


@pytest.mark.parametrize("count", [1, 30], ids=["alone", "in a group"])
def test_nothing_is_shown_or_closed_before_what_it_rests_on_is_on_the_disk(
    workers: Workers, folder: Path, count: int
) -> None:
    root = folder / "spool"
    files = {f"{number}.png": b"good %d" % number for number in range(count)}
    witness = drop(root, files)
    ended = workers.run(once(root), trace=True)
    assert witness.verdict() == [], ended.log
    order = Order(str(root))
    for call in _calls(ended.trace):
        order.see(call)
    assert order.wrong == []
    assert (order.claimed, order.shown, order.closed) == (count, count, count)


class Order:
    """Follows a trace, and remembers what is on the disk and what is only in the kernel's memory."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._dirty: set[str] = set()
        """Files written and folders changed since they were last synced."""
        self._durable: dict[str, set[str]] = {"intents": set(), "publications": set()}
        self._needs: dict[str, set[str]] = {}
        """Id to the folders that its renames changed and that were not synced since."""
        self._committing: dict[str, list[str]] | None = None
        self._synced_ledger = False
        self.wrong: list[str] = []
        self.claimed = self.shown = self.closed = 0

    def see(self, call: Call) -> None:
        if call.name in ("fsync", "fdatasync"):
            self._synced(call.paths[0])
        elif call.name == "syncfs":
            self._dirty.clear()
            for folders in self._needs.values():
                folders.clear()
        elif call.name in ("write", "pwrite64"):
            self._dirty.add(call.paths[0])
        elif call.name in ("mkdir", "openat"):
            self._changed(os.path.dirname(call.paths[-1]))
        elif call.name in ("rename", "renameat"):
            self._renamed(call.paths[-2] if call.name == "rename" else "/".join(call.paths[:2]), call.paths[-1])
        elif call.name == "newfstatat" and call.paths[-1].startswith(MARK):
            self._mark(call.paths[-1][len(MARK) :])

    def _synced(self, path: str) -> None:
        self._dirty.discard(path)
        self._synced_ledger |= path.endswith("ledger.sqlite-wal")
        for folders in self._needs.values():
            folders.discard(path)

    def _changed(self, folder: str) -> None:
        self._dirty.add(folder)

    def _renamed(self, source: str, target: str) -> None:
        name = os.path.basename(target)
        if target.startswith(f"{self._root}/work/"):
            self.claimed += 1
            self._expect(name in self._durable["intents"], "a claim before its intent was durable")
            self._needs[name] = {os.path.dirname(source), os.path.dirname(target)}
        elif target.startswith((f"{self._root}/results/", f"{self._root}/done/")):
            id = name.partition(".")[0]
            if "/results/" in target:
                self.shown += 1
                self._expect(source not in self._dirty, "a result shown before its content was on the disk")
            self._expect(id in self._durable["publications"], "a file placed before its decision was durable")
            self._needs[id] |= {os.path.dirname(source), os.path.dirname(target)}
            self._needs[id] |= {folder for folder in self._dirty if target.startswith(f"{folder}/")}
        self._changed(os.path.dirname(source))
        self._changed(os.path.dirname(target))

    def _mark(self, text: str) -> None:
        if text != "end":
            self._committing = json.loads(bytes.fromhex(text))
            self._synced_ledger = False
            for id in self._committing["publications"]:
                self._expect(not self._needs[id], f"a decision before its claim was on the disk: {self._needs[id]}")
            for id in self._committing["closed"]:
                self.closed += 1
                self._expect(not self._needs[id], f"a row closed before the disk held {self._needs[id]}")
        elif self._committing is not None:
            self._expect(self._synced_ledger, "a commit without a sync of the ledger")
            for kind, durable in self._durable.items():
                durable.update(self._committing[kind])

    def _expect(self, holds: bool, else_wrong: str) -> None:
        if not holds:
            self.wrong.append(else_wrong.replace(self._root, "ROOT"))


def _calls(trace: tuple[str, ...]) -> Iterator[Call]:
    for line in trace:
        matched = _CALL.match(line)
        if matched and (matched[1] != "openat" or "O_CREAT" in line):
            yield Call(matched[1], tuple(one or other for one, other in _PATH.findall(matched[2])))


def test_the_check_of_the_order_finds_what_is_wrong() -> None:
    mark = MARK + json.dumps({"intents": ["ID"], "publications": [], "closed": []}).encode().hex()
    decided = MARK + json.dumps({"intents": [], "publications": ["ID"], "closed": []}).encode().hex()
    closed = MARK + json.dumps({"intents": [], "publications": [], "closed": ["ID"]}).encode().hex()
    order = Order("/r")
    for call in (
        Call("newfstatat", (mark,)),
        Call("newfstatat", (f"{MARK}end",)),
        Call("renameat", ("/r/incoming", "a", "/cwd", "/r/work/ID")),
        Call("newfstatat", (decided,)),
        Call("fdatasync", ("/r/ledger.sqlite-wal",)),
        Call("newfstatat", (f"{MARK}end",)),
        Call("write", ("/r/work/ID.0.result",)),
        Call("rename", ("/r/work/ID.0.result", "/r/results/ID.json")),
        Call("newfstatat", (closed,)),
    ):
        order.see(call)
    assert [wrong.partition(":")[0].partition(" {")[0] for wrong in order.wrong] == [
        "a commit without a sync of the ledger",
        "a decision before its claim was on the disk",
        "a result shown before its content was on the disk",
        "a row closed before the disk held",
    ]
