"""An evaluation in a few lines, for the terminal."""

from train.measuring.evaluation import Evaluation
from train.report.wording import figure


def text(told: Evaluation) -> str:
    """Say it in words and a table."""
    lines = [
        f"{told.model} ({told.profile}) on {told.data}: {told.described}",
        f"  AUROC     {figure(told.auroc, 4)}",
        f"  accuracy  {figure(told.accuracy, 4)}",
        f"  uncertain {figure(told.uncertain, 4)}, of these unlike the training images: "
        f"{told.out_of_distribution.value:.4f}",
        f"  log loss {told.log_loss:.3f} · Brier {told.brier:.3f} · calibration error {told.calibration_error:.3f} "
        f"(by chance alone up to {told.floor.calibration_error.high:.3f})",
    ]
    for point in told.operating_points:
        lines.append(
            f"  {point.name:14s} threshold {point.threshold:.3f}  sensitivity {figure(point.sensitivity, 4)}  "
            f"specificity {figure(point.specificity, 4)}"
        )
    width = max(len(label) for label in told.labels) + 2
    lines.append("  true \\ found".ljust(width + 4) + "".join(label.rjust(width) for label in told.labels))
    for label, row in zip(told.labels, told.confusion, strict=True):
        lines.append(f"    {label}".ljust(width + 4) + "".join(str(count).rjust(width) for count in row))
    lines += [f"  {verdict.label}: {verdict.outcome}. {verdict.words}" for verdict in told.verdicts]
    lines += [f"  ! {flag.words}" for flag in told.flags]
    return "\n".join(lines)
