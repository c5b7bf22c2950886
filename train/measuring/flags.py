"""What a reader must know before any figure: too good to be true, in-sample, too few, unlike the training images."""

from collections.abc import Sequence

from train.data.leakage import Crossing
from train.measuring.evaluation import Evaluation, Flag
from train.measuring.percent import percent
from xray.statistics import wilson

FEW_IMAGES = 50
"""Of a label: below that the 95 % interval of a share of 95 % is more than 12 points wide."""
TOO_GOOD_ACCURACY = 0.97
TOO_GOOD_AUROC = 0.995
"""Published models stay below these on images that they had no part in; whoever is above first looks for a leak."""
STRANGE = 0.05
"""Share of images unlike the training images above which it is said; the limit lets 0.5 % through by design."""


def flags(measured: Evaluation, crossings: Sequence[Crossing]) -> tuple[Flag, ...]:
    """Collect what must be known before any figure, the gravest first.

    Args:
        measured: All figures.
        crossings: What is known of these images from other sides of the split.
    """
    accuracy, auroc, origin = measured.accuracy, measured.auroc, measured.origin
    told = []
    if crossings:
        told.append(
            Flag(
                "leak",
                f"The split leaks: {'; '.join(map(str, crossings))}. What is measured on images that are known from there "
                "flatters.",
            )
        )
    if origin is not None and origin.external and (accuracy.value > TOO_GOOD_ACCURACY or auroc.value > TOO_GOOD_AUROC):
        told.append(
            Flag(
                "leak",
                f"Likely a leak: an accuracy of {percent(accuracy.value)} with an AUROC of {auroc.value:.3f} on images that "
                f"the model never saw is better than chest radiographs allow (above {percent(TOO_GOOD_ACCURACY)} or "
                f"{TOO_GOOD_AUROC}). Look for the same patients or pictures on both sides, and for anything but the lungs "
                "that gives the label away: markers, borders, sizes, the place an image comes from."
                + (" With so few images it may also be luck." if measured.images < FEW_IMAGES else ""),
            )
        )
    if origin is not None and not origin.external:
        told.append(Flag("in-sample", origin.sentence))
    present = [(one.figures.support, one.label) for one in measured.classes]
    missing = [label for count, label in present if not count]
    if missing:
        told.append(Flag("missing", f"No image has the label {' or '.join(missing)}: nothing can be said about it."))
    # Of nothing called there is no share, which is told as 0 (0 to 1).
    never = [one.label for one in measured.classes if one.figures.support and one.figures.precision == wilson(0, 0)]
    if never:
        told.append(Flag("never found", f"Not one image was called {' or '.join(never)}."))
    few = [f"{count} with {label}" for count, label in present if 0 < count < FEW_IMAGES]
    if few:
        told.append(Flag("few", f"Few images ({', '.join(few)}): read the intervals, not the figures."))
    if measured.patients is None:
        told.append(
            Flag(
                "patients",
                "Whose the images are is not known. Where a patient has several, the true intervals are wider than those here.",
            )
        )
    if measured.out_of_distribution.value > STRANGE:
        told.append(
            Flag(
                "strange",
                f"{percent(measured.out_of_distribution.value)} of these images are unlike the training images: the model does not know such "
                "pictures, and calls them uncertain.",
            )
        )
    return tuple(told)
