"""How the images measured on stand to the training: what a figure is worth depends on it more than on anything else."""

from enum import StrEnum

from train.data.dataset import Dataset
from xray.card import Card


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
        "The data set keeps these images apart from training. But they come from where its training images come from: other "
        "hospitals, other machines and other patients are another matter.",
        True,
    )
    OTHER = (
        "other data",
        "These images are not the data set that the model was trained on. Whether some of them are in it all the same was "
        "not looked for.",
        True,
    )


def origin(card: Card, data: Dataset, side: str) -> Origin:
    """Tell how one side of a data set stands to a model's training.

    Args:
        card: The model's; it holds the digest of the data trained on, sides and all.
        data: With the sides of the training where it is that data (`train.data.sides`).
        side: `train`, `val`, `test` or `all`.
    """
    if data.digest() != card.data.digest:
        return Origin.OTHER
    return {"val": Origin.CHOSEN, "test": Origin.TEST}.get(side, Origin.TRAINED)
