"""The card for people: Markdown with the metadata that model hubs read."""

from xray.card import Card, Interval, OperatingPoint


def markdown(card: Card, file_name: str, size_bytes: int, sha256: str) -> str:
    """Write a card out for a model hub; every number in it comes from the card."""
    return f"{_header(card)}\n\n{words(card, file_name, size_bytes, sha256)}"


def words(card: Card, file_name: str, size_bytes: int, sha256: str) -> str:
    """Write a card out for people: the same without what only hubs read."""
    parts = [
        f"# {card.name}, version {card.version}, {card.profile}",
        _facts(card, file_name, size_bytes, sha256),
        _notes(card),
    ]
    parts += [
        f"## Intended use\n\n{card.intended_use}",
        f"## Population\n\n{card.population}",
        f"## Limits\n\n{card.limits}",
    ]
    parts += [_data(card), _operating_points(card), _results(card), _versions(card)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _header(card: Card) -> str:
    return "\n".join(
        [
            "---",
            "library_name: tflite",
            "pipeline_tag: image-classification",
            "tags: [chest-x-ray, lungwatch, not-for-diagnosis]",
            f"datasets: [{_quoted(card.data.name)}]",
            f"license: {_quoted(card.data.licence)}",
            "---",
        ]
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _facts(card: Card, file_name: str, size_bytes: int, sha256: str) -> str:
    spec = card.input
    rows = {
        "File": f"`{file_name}`, {size_bytes / 1e6:.2f} MB",
        "sha256": f"`{sha256}`",
        "Input": f"uint8, 1×{spec.height}×{spec.width}×{spec.channels}, 0..255, {spec.geometry}",
        "Labels": ", ".join(card.labels) + (f" (positive: {card.positive})" if card.positive else ""),
        "Recipe": card.recipe,
        "Seed": _seeds(card),
        "Made": card.created,
        "Temperature": f"{card.temperature:.3f}",
        "Calibrated on": card.calibrated_on,
    }
    return "| | |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def _notes(card: Card) -> str:
    if not card.notes:
        return ""
    return "## How this export differs from its profile\n\n" + "\n".join(f"* {note}" for note in card.notes)


def _seeds(card: Card) -> str:
    if not card.averaged_seeds:
        return str(card.seed)
    return f"weights averaged over runs with the seeds {', '.join(map(str, card.averaged_seeds))}"


def _data(card: Card) -> str:
    data = card.data
    counts = "\n".join(
        f"| {split} | " + " | ".join(str(of.get(label, 0)) for label in card.labels) + " |"
        for split, of in data.counts.items()
    )
    return (
        f"## Training data\n\n{data.name}. Licence: {data.licence}. Source: {data.source}.\n\n"
        f"Split: {data.split}. Digest: `{data.digest}`.\n\n"
        f"| split | {' | '.join(card.labels)} |\n|---|{'---|' * len(card.labels)}\n{counts}"
    )


def _operating_points(card: Card) -> str:
    if not card.operating_points:
        return ""
    rows = "\n".join(_row(point) for point in card.operating_points)
    return (
        "## Operating points\n\nThe first is the one used unless another is asked for. Sensitivity and specificity are those "
        f"on {card.calibrated_on}, with 95 % intervals (Wilson); images of one patient and shifts of one image are not "
        "independent, so the true intervals are wider.\n\n"
        f"| name | probability of {card.positive} at least | sensitivity | specificity | called uncertain |\n|---|---|---|---|---|\n{rows}"
    )


def _row(point: OperatingPoint) -> str:
    band = point.uncertain
    between = "nothing" if band is None else f"{band.low:.3f} to {band.high:.3f}"
    shares = f"{_share(point.sensitivity)} | {_share(point.specificity)}"
    return f"| {point.name} | {point.threshold:.4f} | {shares} | {between} |"


def _share(share: Interval) -> str:
    return f"{share.value:.3f} ({share.low:.3f}–{share.high:.3f})"


def _results(card: Card) -> str:
    rows = "\n".join(
        f"| {result.metric} | {result.data} | {result.value:.4f} | "
        f"{'' if result.low is None or result.high is None else f'{result.low:.4f}–{result.high:.4f}'} |"
        for result in card.results
    )
    words = (
        "Temperature, limits and operating points were fitted on shifts of these very validation images, and the training "
        "was chosen on them: the figures flatter, and say nothing of other hospitals."
    )
    return (
        f"## Results\n\n{words}\n\n| metric | measured on | value | 95 % interval |\n|---|---|---|---|\n{rows}"
        if rows
        else ""
    )


def _versions(card: Card) -> str:
    return "## Made with\n\n" + ", ".join(f"{name} {version}" for name, version in card.versions.items())
