"""A finding in words: one line for a terminal, a sentence for a reader."""

from train.explain.reading import Refusal
from train.measuring.percent import percent
from xray.card import Card
from xray.decide import Finding


def line(name: str, finding: Finding, card: Card) -> str:
    """Say finding, probability and decision on one line."""
    point = finding.operating_point
    if point is None or card.positive is None:
        told = f"{name}: {finding.label}, probability {finding.probabilities[finding.label]:.4f}"
        return f"{told}, uncertain" if finding.decision == "uncertain" else told
    return (
        f"{name}: {finding.label}, probability of {card.positive} {finding.probabilities[card.positive]:.4f} at threshold "
        f"{point.threshold:.4f} ({point.name}), {finding.decision}"
    )


def refusal(name: str, refused: Refusal) -> str:
    """Say on one line why a file was refused."""
    detail = f" ({refused.detail})" if refused.detail else ""
    return f"{name}: refused, {refused.reason}: {refused.reason.sentence}{detail}"


def sentence(finding: Finding, card: Card) -> str:
    """Say what was found, and by which rule."""
    point = finding.operating_point
    if point is None or card.positive is None:
        most = probability(finding.probabilities[finding.label])
        return f"{finding.label} is the most likely label, with a probability of {most}. {doubt(finding, card)}".strip()
    share = finding.probabilities[card.positive]
    side = "reaches" if share >= point.threshold else "stays below"
    return (
        f"The probability of {card.positive} is {probability(share)}. It {side} the threshold of {point.threshold:.3f} "
        f"(operating point “{point.name}”: on validation images a sensitivity of {percent(point.sensitivity.value)} and a "
        f"specificity of {percent(point.specificity.value)}). {doubt(finding, card)}"
    ).strip()


def probability(share: float) -> str:
    """Show a probability so that what is small but not nothing does not read as nothing."""
    return "< 0.001" if share < 0.001 else "> 0.999" if share > 0.999 else f"{share:.3f}"


def doubt(finding: Finding, card: Card) -> str:
    """Say why the decision is `uncertain`; nothing where it is not."""
    if finding.decision != "uncertain":
        return ""
    if finding.out_of_distribution and finding.distance is not None:
        return (
            f"But the radiograph is unlike the training images (distance {finding.distance:.1f}, limit "
            f"{card.out_of_distribution_limit:.1f}): the answer means nothing, and is called uncertain."
        )
    band = finding.operating_point and finding.operating_point.uncertain
    return f"That is within {band.low:.3f} to {band.high:.3f}, where the model takes no side." if band else ""
