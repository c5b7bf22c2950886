"""How the images measured on stand to the training: what a figure is worth depends on it more than on anything else."""

from enum import StrEnum

from train.dataset import Dataset
from train.split import split as split_by_patient
from xray.card import Card
from xray.errors import SetupError


class Origin(StrEnum):
    """From images that say nothing to images that say most; `sentence` is for the reader of a report."""

    sentence: str
    external: bool
    """The model never saw these images, nor was anything chosen on them."""

    def __new__(cls, code: str, sentence: str, external: bool) -> "Origin":
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence, member.external = sentence, external
        return member

    TRAINED = (
        "trained on",
        "The model was trained on these very images: the figures say how well it learnt them by heart, not how good it is.",
        False,
    )
    CHOSEN = (
        "chosen on",
        "The epoch, the temperature and the thresholds were chosen on these very images (or on shifts of them): the figures "
        "flatter, and only images that took no part in the making can tell by how much.",
        False,
    )
    TEST = (
        "test split",
        "The model never saw these images, but they come from where its training images come from: other hospitals, other "
        "machines and other patients are another matter.",
        True,
    )
    OTHER = (
        "other data",
        "These images are not the data set that the model was trained on.",
        True,
    )


def origin(card: Card, data: Dataset, side: str) -> Origin:
    """Tell how one side of a data set stands to a model's training.

    Args:
        card: The model's; it holds the digest of the data trained on.
        data: As read; split or not.
        side: `train`, `val`, `test` or `all`.
    """
    if not trained_on(card, data):
        return Origin.OTHER
    return {"val": Origin.CHOSEN, "test": Origin.TEST}.get(side, Origin.TRAINED)


def trained_on(card: Card, data: Dataset) -> bool:
    """Whether this is, image by image and split by split, the data that the model was trained on."""
    if data.digest() == card.data.digest:
        return True
    try:
        return split_by_patient(data, card.seed)[0].digest() == card.data.digest
    except SetupError:  # what cannot be split was never trained on
        return False
