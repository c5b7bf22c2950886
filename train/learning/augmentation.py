"""How far training images are moved, by name and strength. `train/learning/augment.py` does the moving."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from xray.errors import SetupError


@dataclass(frozen=True)
class Augmentation:
    """How far training images are moved.

    No flip by default: a mirrored chest shows the heart on the wrong side (situs inversus), and its R marker lies.
    """

    area: tuple[float, float] = (0.25, 1.0)
    """Share of the picture that a crop keeps."""
    ratio: tuple[float, float] = (0.8, 1.25)
    """Width of the crop against its height, relative to the picture's."""
    turn_degrees: float = 10.0
    exposure: tuple[float, float] = (0.7, 1.3)
    """Factors of contrast (about the mean) and of brightness, drawn independently."""
    focus: tuple[float, float] = (-0.5, 1.0)
    """Below 0 sharpens, 1 replaces the picture by its 3×3 mean."""
    shift: float = 0.0
    """Moved by up to this share of a side, up or down and left or right; what comes in is black."""
    zoom: tuple[float, float] = (1.0, 1.0)
    """Factor of the size; below 1 the picture shrinks within a black margin."""
    flip: float = 0.0
    """Chance of being mirrored left to right."""


NONE = Augmentation(area=(1.0, 1.0), ratio=(1.0, 1.0), turn_degrees=0.0, exposure=(1.0, 1.0), focus=(0.0, 0.0))
STRONG = Augmentation()
WEAK = Augmentation(area=(0.8, 1.0), ratio=(0.95, 1.05), turn_degrees=5.0, exposure=(0.9, 1.1), focus=(0.0, 0.0))
CLASSIC = replace(NONE, shift=0.1, zoom=(0.9, 1.1), turn_degrees=10.0)
"""Translation, rescale and rotation, as most published notebooks have it, but for the flip."""

SETS = {"none": NONE, "weak": WEAK, "strong": STRONG, "classic": CLASSIC}


@dataclass(frozen=True)
class Kind:
    """One way to move a picture, as the user names it."""

    told: str
    """What its strength means."""
    most: float
    """The strongest that makes sense."""
    change: Callable[[Augmentation, float], Augmentation]


KINDS = {
    "crop": Kind(
        "share of the area that may be cut away",
        0.95,
        lambda all, s: replace(all, area=(1 - s, 1.0), ratio=(1 - 0.8 * min(s, 0.25), 1 / (1 - 0.8 * min(s, 0.25)))),
    ),
    "translation": Kind("share of a side", 0.5, lambda all, s: replace(all, shift=s)),
    "rescale": Kind("share of the size, up and down", 0.5, lambda all, s: replace(all, zoom=(1 - s, 1 + s))),
    "rotation": Kind("degrees to either side", 180.0, lambda all, s: replace(all, turn_degrees=s)),
    "intensity": Kind(
        "share of contrast and brightness, up and down", 0.9, lambda all, s: replace(all, exposure=(1 - s, 1 + s))
    ),
    "sharpness": Kind("of the strongest softening and sharpening", 1.0, lambda all, s: replace(all, focus=(-s / 2, s))),
    "flip": Kind("chance of being mirrored", 1.0, lambda all, s: replace(all, flip=s)),
}


def named(current: Augmentation, asked: Sequence[str]) -> Augmentation:
    """Change an augmentation as the user asks: `none`, then `rotation=10`, …, one after the other.

    Args:
        current: The recipe's.
        asked: Each a name of `SETS`, or a name of `KINDS` with its strength.

    Raises:
        SetupError: A name or a strength that there is not.
    """
    for one in asked:
        name, equals, strength = one.partition("=")
        if not equals and name in SETS:
            current = SETS[name]
            continue
        kind = KINDS.get(name)
        if kind is None or not equals:
            raise SetupError(
                f"--augment {one}: expected {', '.join(SETS)}, or NAME=STRENGTH with one of "
                + ", ".join(f"{name} ({kind.told})" for name, kind in KINDS.items())
            )
        current = kind.change(current, _strength(one, strength, kind))
    return current


def _strength(asked: str, given: str, kind: Kind) -> float:
    try:
        strength = float(given)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= kind.most:
        raise SetupError(f"--augment {asked}: expected a strength of 0 to {kind.most:g} ({kind.told})")
    return strength
