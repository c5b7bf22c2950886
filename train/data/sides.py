"""The sides of a data set as a model was trained with them: who trained, who validated, who only tests."""

from collections.abc import Iterator
from pathlib import Path

from train.data import dataset as datasets
from train.data import duplicates
from train.data.dataset import Dataset, Example
from train.data.split import split
from xray.card import Card
from xray.errors import SetupError


def choose(data: Dataset, side: str) -> tuple[Example, ...]:
    """The examples of one side; `all` is every one."""
    return data.examples if side == "all" else data.of(side)


def sides(named: Path, side: str, card: Card, cache: Path, *, workers: int) -> Dataset:
    """Read a data set, and give it the sides that the model was trained with if it is the data of that training.

    Args:
        named: A data set, as `train.data.dataset.read` takes it.
        side: The one that is wanted.
        card: The model's: what it was trained on, and with which seed.
        cache: For decoded pixels, where near-duplicates must be looked for again.
        workers: Processes that decode; 0 means one per core.

    Raises:
        SetupError: Labels that the model does not know, no image on this side, or a side that cannot be made again.
    """
    found = datasets.read(named)
    foreign = set(found.labels) - set(card.labels)
    if foreign:
        raise SetupError(
            f"{named} has labels that the model does not know: {', '.join(sorted(foreign))}; "
            f"it knows {', '.join(card.labels)}"
        )
    trained = _trained(found, card, cache, workers)
    if trained is None and side == "val" and not found.of("val"):
        raise SetupError(
            f"{named} is not, or no longer, the data that the model was trained on, so its validation images cannot "
            "be told from its training images; use --split all if none of them was trained on"
        )
    found = trained or found
    if not choose(found, side):
        known = [one for one in found.counts() if one in datasets.SPLITS]
        raise SetupError(f"{named} has no images in the split {side!r}; it has {', '.join([*known, 'all'])}")
    return found


def _trained(found: Dataset, card: Card, cache: Path, workers: int) -> Dataset | None:
    """The data with the sides of the training; None where the model was not trained on it."""
    totals = {label: sum(of.get(label, 0) for of in card.data.counts.values()) for label in card.labels}
    if totals != {label: sum(one.label == label for one in found.examples) for label in card.labels}:
        return None  # spares a search for near-duplicates
    return next((one for one in _splits(found, card.seed, cache, workers) if one.digest() == card.data.digest), None)


def _splits(found: Dataset, seed: int, cache: Path, workers: int) -> Iterator[Dataset]:
    """All ways in which a training may have split this data, the cheap ones first."""
    yield found
    try:
        yield split(found, seed, allow_leakage=True)[0]
        near = duplicates.near(found.examples, cache, workers=workers)
        yield split(found, seed, near=near, allow_leakage=True)[0]
    except SetupError:  # a side would lack a label: nothing was ever trained on this
        return
