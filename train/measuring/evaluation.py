"""What was measured of a model on labelled images: all that reports, cards and pictures show is taken from here."""

from dataclasses import dataclass

from train.measuring.origin import Origin
from train.measuring.reliability import Group
from train.measuring.subgroups import Subgroup
from train.statistics import Band, ClassFigures, NoiseFloor
from xray.card import Interval, OperatingPoint

HISTOGRAM_BINS = 25


@dataclass(frozen=True)
class Verdict:
    """What the figures allow to say about one label; `train.measuring.verdict` finds it."""

    label: str
    outcome: str
    """`good enough`, `… in-sample`, `… unless it leaks`, `not good enough`, `cannot be told` or `too few images`."""
    words: str


@dataclass(frozen=True)
class Flag:
    """Something that the reader must know before any figure; `train.measuring.flags` finds it."""

    kind: str
    """`leak`, `in-sample`, `missing`, `never found`, `few`, `patients` or `strange`."""
    words: str


@dataclass(frozen=True)
class Ranking:
    """How well the probability of one label ranks the images that have it above those that have it not."""

    auroc: Interval
    """Interval from a bootstrap over patients."""
    average_precision: float
    """Area under the precision-recall curve, as a sum over steps; compare it with the prevalence."""
    prevalence: float
    """Share of these images that have the label: the average precision of guessing."""
    roc: Band
    precision_recall: Band


@dataclass(frozen=True)
class LabelFigures:
    """One label against the rest."""

    label: str
    figures: ClassFigures
    ranking: Ranking | None
    """None for a label that no image has, and for the negative one of two: its curve is the other's, mirrored."""


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and on what."""

    model: str
    profile: str
    data: str
    digest: str
    """Of the images measured on."""
    origin: Origin | None
    """How these images stand to the training; None where nobody said."""
    images: int
    patients: int | None
    """None where nobody says whose the images are."""
    labels: tuple[str, ...]
    positive: str | None
    """Of two labels, the finding."""
    confusion: tuple[tuple[int, ...], ...]
    """Rows are the true labels, columns the most likely (at the operating point, where there is one)."""
    accuracy: Interval
    auroc: Interval
    """Of the positive label; with more than two, the mean over labels."""
    classes: tuple[LabelFigures, ...]
    log_loss: float
    brier: float
    calibration_error: float
    floor: NoiseFloor
    """What Brier score and calibration error would be, with so few images, if every probability were true."""
    reliability: tuple[Group, ...]
    """Of the probability of the positive label; with more than two, of the most likely one."""
    histogram: tuple[tuple[int, ...], ...]
    """For each true label: images by probability of the positive label (with more than two: of the true one), 0 to 1."""
    operating_points: tuple[OperatingPoint, ...]
    """The thresholds of the model's own card, measured on these images."""
    uncertain: Interval
    """Share of images that a worker would call uncertain, for whichever reason."""
    out_of_distribution: Interval
    """Share of images beyond the card's limit."""
    subgroups: tuple[Subgroup, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    flags: tuple[Flag, ...] = ()

    @property
    def excess(self) -> float:
        """Mean probability minus the share that is so: above 0 the model promises too much, whatever the calibration error."""
        return sum(group.images * (group.probability - group.share.value) for group in self.reliability) / self.images

    @property
    def described(self) -> str:
        """How many images of how many patients."""
        return counted(self.images, self.patients)


def counted(images: int, patients: int | None) -> str:
    """Say how many images of how many patients; None where nobody says whose they are."""
    return f"{images} images, patients unknown" if patients is None else f"{images} images of {patients} patients"
