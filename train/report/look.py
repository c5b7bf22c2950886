"""The page about a data set: what is in it, shown, and what is wrong with it, side by side."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from train.data.dataset import SPLITS
from train.data.leakage import Group
from train.look import Look
from train.report.folder import make_folder, writing
from train.report.look_pictures import figures, preview, samples, sheet
from train.report.rendering import address, render

_GROUPS_SHOWN = 40
_IMAGES_SHOWN = 6
_ROWS_SHOWN = 500


@dataclass(frozen=True)
class Shown:
    """One radiograph on the page."""

    name: str
    label: str
    split: str
    size: str
    image: str
    """Address of the preview; empty where the file cannot be read."""


@dataclass(frozen=True)
class Beside:
    """Radiographs that belong together, side by side."""

    tie: str
    likeness: float | None
    shown: tuple[Shown, ...]


@dataclass(frozen=True)
class Gallery:
    """Groups of radiographs, the first of them shown."""

    groups: int
    shown: tuple[Beside, ...]


@dataclass(frozen=True)
class Shared:
    """A patient on more than one side of the split."""

    patient: str
    counts: str


def write(seen: Look, out: Path) -> Path:
    """Write `look.html`, and its figures as PNG files beside it.

    Returns:
        The page.

    Raises:
        SetupError: The folder cannot be written.
    """
    make_folder(out, private=True)
    drawn = figures(seen)
    chosen = samples(seen)
    page = render(
        "look.html",
        seen=seen,
        figures=drawn,
        samples={label: [_shown(seen, at) for at in own] for label, own in chosen.items()},
        contradicting=_beside(seen, seen.contradictions),
        crossing=_beside(seen, [group for group in _copies(seen) if _crosses(seen, group)]),
        copies=_beside(seen, [group for group in _copies(seen) if not _crosses(seen, group)]),
        shared=_shared(seen)[:_ROWS_SHOWN],
        unreadable=[(_name(seen, at), seen.survey.facts[at].refused) for at in seen.unreadable[:_ROWS_SHOWN]],
    )
    with writing(out):
        for name, picture in drawn.items():
            (out / f"{name}.png").write_bytes(picture.png)
        if seen.survey.readable:
            rows = [[preview(seen.data.examples[at].path) for at in own] for own in chosen.values() if own]
            (out / "samples.png").write_bytes(sheet(rows))
        (out / "look.html").write_text(page, encoding="utf-8")
    return out / "look.html"


def _copies(seen: Look) -> list[Group]:
    return [group for group in seen.groups if group.tie != "patient" and group not in seen.contradictions]


def _crosses(seen: Look, group: Group) -> bool:
    return len({seen.data.examples[at].split for at in group.places}) > 1


def _beside(seen: Look, groups: Sequence[Group]) -> Gallery:
    alike = {(pair.first, pair.second): pair.likeness for pair in seen.near}
    shown = [
        Beside(
            tie=group.tie,
            likeness=alike.get((group.places[0], group.places[1])) if group.tie == "near-duplicate" else None,
            shown=tuple(_shown(seen, at) for at in group.places[:_IMAGES_SHOWN]),
        )
        for group in groups[:_GROUPS_SHOWN]
    ]
    return Gallery(len(groups), tuple(shown))


def _shown(seen: Look, at: int) -> Shown:
    example, facts = seen.data.examples[at], seen.survey.facts[at]
    image = "" if facts.refused else address("image/jpeg", preview(example.path))
    size = f"{facts.width}×{facts.height}" if facts.width else "original size unknown"
    return Shown(_name(seen, at), example.label, example.split or "unsplit", size, image)


def _name(seen: Look, at: int) -> str:
    """The file's name from the folder that holds all of them."""
    root = os.path.commonpath([example.path.parent for example in seen.data.examples])
    return os.path.relpath(seen.data.examples[at].path, root)


def _shared(seen: Look) -> list[Shared]:
    shared = []
    for group in seen.groups:
        sides = [seen.data.examples[at].split for at in group.places]
        if group.tie == "patient" and len({side for side in sides if side}) > 1:
            counts = ", ".join(f"{side} {sides.count(side)}" for side in SPLITS if side in sides)
            shared.append(Shared(str(seen.data.examples[group.places[0]].patient), counts))
    return shared
