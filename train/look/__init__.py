"""Look at a data set before anything is trained on it: what is wrong, what flatters, what is worth knowing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from train.data import dataset as datasets
from train.data.dataset import SPLITS, Dataset
from train.data.duplicates import Pair, find
from train.data.leakage import Group, Leakage, groups, measure
from train.look.shortcuts import Shortcut, shortcuts
from train.look.survey import Survey, survey


@dataclass(frozen=True)
class Remark:
    """One thing to say about a data set."""

    wrong: bool
    """True: figures measured on this data would be false, or nothing can be trained. False: worth knowing."""
    title: str
    sentence: str
    """What it is, and what to do."""


@dataclass(frozen=True)
class Look:
    """All that was seen of a data set."""

    data: Dataset
    survey: Survey
    near: tuple[Pair, ...]
    groups: tuple[Group, ...]
    """Images that share a patient, are copies, or show the same radiograph."""
    leakage: Leakage
    contradictions: tuple[Group, ...]
    """Copies and near-duplicates with more than one label."""
    shortcuts: tuple[Shortcut, ...]
    remarks: tuple[Remark, ...]

    @property
    def wrong(self) -> bool:
        return any(remark.wrong for remark in self.remarks)

    @property
    def unreadable(self) -> tuple[int, ...]:
        """Places of the images that cannot be read."""
        return tuple(at for at, facts in enumerate(self.survey.facts) if facts.refused)

    def __str__(self) -> str:
        """The short summary for a terminal."""
        labels = self.data.labels
        lines = [f"{self.data.name}: {len(self.data.examples)} images, labels {', '.join(labels)}"]
        for side, counts in self.data.counts().items():
            of = ", ".join(f"{label} {counts[label]}" for label in labels)
            lines.append(f"  {side:8s} {sum(counts.values()):6d}   {of}")
        for remark in self.remarks:
            lines.append(f"{'WRONG ' if remark.wrong else 'beware'}  {remark.title}: {remark.sentence}")
        lines.append(f"verdict: {self.verdict}")
        return "\n".join(lines)

    @property
    def verdict(self) -> str:
        wrong = sum(remark.wrong for remark in self.remarks)
        if wrong:
            return f"not fit for training as it is: {wrong} thing{'s' if wrong > 1 else ''} wrong"
        return "nothing wrong was found" + (", but read what is worth knowing" if self.remarks else "")


def look(location: Path, *, workers: int) -> Look:
    """Read a data set whole and judge it.

    Raises:
        SetupError: It is no data set at all.
    """
    data = datasets.read(location, keep_unreadable=True)
    seen = survey(data.examples, workers=workers)
    readable = seen.readable
    pairs = find(seen.thumbnails[list(readable)])
    near = tuple(Pair(readable[pair.first], readable[pair.second], pair.likeness) for pair in pairs)
    found = groups(data.examples, near)
    contradictions = tuple(
        group for group in found if group.tie != "patient" and len({data.examples[at].label for at in group.places}) > 1
    )
    leakage = measure(data, near)
    told = shortcuts([data.examples[at] for at in readable], [seen.facts[at] for at in readable])
    remarks = (
        *_unreadable(seen),
        *_missing(data),
        *_leaks(leakage),
        *_contradicting(contradictions, data),
        *_repeated([group for group in found if group not in contradictions], data),
        *_suspicious(told),
        *_unknown(data),
    )
    return Look(data, seen, near, found, leakage, contradictions, told, remarks)


def _unreadable(seen: Survey) -> Sequence[Remark]:
    reasons = Counter(facts.refused.split(":")[0] for facts in seen.facts if facts.refused)
    if not reasons:
        return ()
    why = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    told = f"{reasons.total()} of {len(seen.facts)} files cannot be read as radiographs ({why}); mend or remove them"
    return (Remark(True, "unreadable", told),)


def _missing(data: Dataset) -> Sequence[Remark]:
    missing = {side: [label for label in data.labels if not own.get(label)] for side, own in data.counts().items()}
    return [
        Remark(
            True, "missing", f"the {side} split has no image of {', '.join(labels)}; nothing can be said of it there"
        )
        for side, labels in missing.items()
        if labels and side in SPLITS
    ]


def _leaks(leakage: Leakage) -> Sequence[Remark]:
    sides = dict.fromkeys((one.side, one.known_from) for one in leakage.crossings)
    told = []
    for side, known_from in sides:
        own = [one for one in leakage.crossings if (one.side, one.known_from) == (side, known_from)]
        kinds = ", ".join(f"{one.images} by {one.tie}" for one in own)
        sentence = (
            f"{sum(one.images for one in own)} of {own[0].of} {side} images are known from {known_from} ({kinds})"
        )
        told.append(Remark(True, "leakage", f"{sentence}; figures measured on them flatter"))
    return told


def _contradicting(contradictions: Sequence[Group], data: Dataset) -> Sequence[Remark]:
    if not contradictions:
        return ()
    images = {at for group in contradictions for at in group.places}
    labels = sorted({data.examples[at].label for at in images})
    sentence = f"{len(images)} images show the same radiograph as another one under another label ({', '.join(labels)})"
    return (Remark(True, "contradiction", f"{sentence}; at most one label of each is right"),)


def _repeated(found: Sequence[Group], data: Dataset) -> Sequence[Remark]:
    copies = {
        at
        for group in found
        if group.tie != "patient" and len({data.examples[at].split for at in group.places}) == 1
        for at in group.places[1:]
    }
    if not copies:
        return ()
    told = "1 image is a copy of another one" if len(copies) == 1 else f"{len(copies)} images are copies of others"
    return (Remark(False, "copies", f"{told} of the same split; the same radiograph counts more than once"),)


def _suspicious(told: Sequence[Shortcut]) -> Sequence[Remark]:
    suspicious = [shortcut for shortcut in told if shortcut.suspicious]
    if not suspicious:
        return ()
    shown = "; ".join(
        f"{one.label} is told from the rest by its {one.by} alone, AUROC {one.auroc.value:.2f}"
        for one in suspicious[:3]
    )
    return (
        Remark(
            False,
            "shortcut",
            f"a model can answer without looking at the chest, and fail elsewhere: {shown}; "
            "compare classes that come from the same place only, and do not take the figures for evidence",
        ),
    )


def _unknown(data: Dataset) -> Sequence[Remark]:
    if any(example.patient for example in data.examples):
        return ()
    return (
        Remark(
            False,
            "patients",
            "the data set does not say which images are of one patient; two of one patient on two sides would not be seen",
        ),
    )
