"""Good enough or not: each label against a named bound, in words, decided by the end of the interval that is against it."""

from dataclasses import dataclass
from math import ceil

from train.measuring.evaluation import Evaluation, Verdict
from train.measuring.percent import percent
from xray.card import Interval
from xray.statistics import wilson


@dataclass(frozen=True)
class Bounds:
    """What a model is held to."""

    sensitivity: float = 0.90
    specificity: float = 0.70
    name: str = "the least that the WHO asks of a triage test for tuberculosis (WHO/HTM/TB/2014.18)"
    """Where the bounds come from. No such bound is published for pneumonia; this one is for chest radiographs too."""


TRIAGE = Bounds()
GOOD = "good enough"
LEAST_IMAGES = 5
"""With fewer nothing is called bad either: Wilson's interval after one miss in one image ends at 79 %."""


@dataclass(frozen=True)
class _Claim:
    """One share that must reach one bound."""

    what: str
    of: str
    share: Interval
    images: int
    bound: float

    @property
    def reached(self) -> bool:
        return self.share.low >= self.bound

    @property
    def missed(self) -> bool:
        return self.share.high < self.bound and self.images >= LEAST_IMAGES

    @property
    def needed(self) -> int:
        """Images with which a faultless result would just reach the bound: there, Wilson's lower end is n / (n + z²)."""
        squared = 1 / wilson(1, 1).low - 1
        return ceil(squared * self.bound / (1 - self.bound))

    def words(self) -> str:
        measured = f"{self.what} {percent(self.share.value)} ({percent(self.share.low)} to {percent(self.share.high)})"
        counted = f"{measured} on {self.images} {self.of}"
        if self.reached:
            return f"{counted}: even the lower end of the interval reaches {percent(self.bound)}"
        if self.missed:
            return f"{counted}: even the upper end of the interval stays below {percent(self.bound)}"
        if self.images < self.needed:
            return (
                f"{counted}: too few, for even a faultless result on {self.images} could not show {percent(self.bound)}; "
                f"it takes at least {self.needed}"
            )
        return (
            f"{counted}: the interval holds values on both sides of {percent(self.bound)}, so it is not shown; more "
            "patients would tell"
        )


def verdicts(measured: Evaluation, bounds: Bounds) -> tuple[Verdict, ...]:
    """Judge every label.

    Of two labels the positive one comes first and is held to the bound of sensitivity, the other to that of specificity:
    they are the two sides of one question. Of more, each is held to both. Images that had a part in the making, or may
    have had one, cannot show that a model is good, only that it is bad.

    Args:
        measured: All figures, its flags among them.
        bounds: What is asked.
    """
    positive = measured.positive
    told = []
    for one in measured.classes:
        label, own = one.label, one.figures
        others = measured.images - own.support
        found = _Claim("sensitivity", f"images with {label}", own.sensitivity, own.support, bounds.sensitivity)
        spared = _Claim("specificity", f"images without {label}", own.specificity, others, bounds.specificity)
        if positive is None:
            claims = [found, spared]
        elif label == positive:
            claims = [found]
        else:
            claims = [_Claim("specificity", f"images with {label}", own.sensitivity, own.support, bounds.specificity)]
        outcome, words = _outcome(claims), _sentences(claims)
        if outcome == GOOD and not (measured.origin and measured.origin.external):
            outcome = "good enough in-sample"
            words += " But the model was made with these images, so this only says that it is worth a test on others."
        elif outcome == GOOD and any(flag.kind == "leak" for flag in measured.flags):
            outcome = "good enough unless it leaks"
            words += " But there is, or may be, a leak; with one this says nothing."
        told.append(Verdict(label, outcome, words))
    return tuple(sorted(told, key=lambda verdict: verdict.label != positive))


def _outcome(claims: list[_Claim]) -> str:
    if all(claim.reached for claim in claims):
        return GOOD
    if any(claim.missed for claim in claims):
        return "not good enough"
    if any(claim.images < claim.needed for claim in claims):
        return "too few images"
    return "cannot be told"


def _sentences(claims: list[_Claim]) -> str:
    words = "; ".join(claim.words() for claim in claims)
    return f"{words[0].upper()}{words[1:]}."
