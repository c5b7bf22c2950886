"""A recipe: which model, from which weights, trained in which stages. One file in `train/recipes/` each."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import tf_keras as keras

from train.augment import Augmentation
from xray.card import InputSpec
from xray.errors import SetupError


@dataclass(frozen=True)
class Stage:
    """A stretch of epochs with one optimizer."""

    name: str
    epochs: int
    learning_rate: float
    """Peak: reached after half an epoch of warm-up, then lowered to zero along a cosine."""
    whole_model: bool = True
    """False trains the last layer only."""
    weight_decay: float = 1e-4


@dataclass(frozen=True)
class Recipe:
    """All that `fit` needs to know; `build` makes a Keras model out of stock layers only.

    The model takes float32 (N, height, width, channels) in 0..255, scales by itself, has a layer `features` (the last
    feature map), then global average pooling `embedding`, dropout, and one dense layer `scores` (logits).
    """

    name: str
    summary: str
    """What it is for, in one line."""
    input: InputSpec
    build: Callable[[InputSpec, int, str], keras.Model]
    """(input, number of labels, weights) to model; weights are `none`, `imagenet` or a path."""
    stages: tuple[Stage, ...]
    batch_size: int = 32
    augmentation: Augmentation = Augmentation()
    balanced: bool = True
    margin: float = 1.4
    """Training images are kept this much larger than the input, to crop from."""


def names() -> list[str]:
    """List the recipes: the files of `train/recipes/`."""
    import train.recipes

    return sorted(module.name for module in pkgutil.iter_modules(train.recipes.__path__))


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
