"""A recipe: which model, from which weights, trained in which stages. One file in `train/recipes/` each."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from train.classifier import Head
from train.learning.augmentation import Augmentation
from xray.card import InputSpec
from xray.errors import SetupError

OPTIMIZERS = ("adam", "adamw", "nadam", "rmsprop", "sgd")
SCHEDULES = ("constant", "cosine", "exponential", "plateau")
BALANCES = ("batches", "weights", "copies", "none")
MONITORS = ("shifted_auroc", "shifted_loss", "val_auroc", "val_accuracy", "val_loss")


@dataclass(frozen=True)
class Stage:
    """A stretch of epochs with one optimizer. `train/learning/optimizing.py` says what the names mean."""

    name: str
    epochs: int
    learning_rate: float
    """The highest that the schedule reaches."""
    frozen: float = 0.0
    """Share of the backbone's layers, from the image on, that do not learn; 1 trains the head only."""
    optimizer: str = "adamw"
    schedule: str = "cosine"
    weight_decay: float = 1e-4
    """Of adamw alone."""
    cached: bool = False
    """With a frozen backbone: compute its features once, for the pictures and a few augmented copies of each."""


@dataclass(frozen=True)
class Recipe:
    """All that `fit` needs to know; `train.classifier` makes a Keras model of it."""

    name: str
    summary: str
    """What it is for, in one line."""
    input: InputSpec
    backbone: Callable[[Any, str], Any]
    """(Keras tensor `image` in 0..255, weights) to the last feature map; weights are `none`, `imagenet` or a path.

    It scales the image as its weights expect, and is made of stock layers only.
    """
    stages: tuple[Stage, ...]
    batch_size: int = 32
    head: Head = Head()
    augmentation: Augmentation = Augmentation()
    balance: str = "batches"
    """How rare labels are made up for; `train/learning/pipeline.py` tells of each of `BALANCES`."""
    average: float = 0.995
    """Decay of the moving average of the weights that is kept and measured; 0 keeps the weights themselves."""
    l1: float = 0.0
    l2: float = 0.0
    """Factors of the sums of absolute and of squared kernel weights in the training loss."""
    monitor: str = "shifted_auroc"
    """Which figure chooses the epoch that is kept, and stops a stage early."""
    patience: int | None = None
    """A stage ends after this many epochs without a better figure; None lets it run to its end."""
    margin: float = 1.4
    """Training images are kept this much larger than the input, to crop from."""
    parameters: int = 0
    """Of the model for two labels, with this input and head; a test counts them."""


def names() -> list[str]:
    """List the recipes: the files of `train/recipes/`."""
    import train.recipes

    return sorted(module.name for module in pkgutil.iter_modules(train.recipes.__path__))


def reached(name: str) -> str:
    """Tell what a recipe reached, on which data and in how much time: what its docstring says under `Reached:`."""
    told = (importlib.import_module(f"train.recipes.{name}").__doc__ or "").partition("\nReached:\n")[2]
    return " ".join(told.partition("\n\n")[0].split()) or "not trained here"


def load(name: str) -> Recipe:
    """Load a recipe by the name of its file.

    Raises:
        SetupError: There is none of this name.
    """
    if name not in names():
        raise SetupError(f"there is no recipe {name!r}; there are: {', '.join(names())}")
    recipe = importlib.import_module(f"train.recipes.{name}").RECIPE
    assert isinstance(recipe, Recipe) and recipe.name == name
    return recipe
