"""A bundle: a model file with a runnable example for one kind of device, which reads the card with no code of ours."""

import os
import shutil
import tempfile
from pathlib import Path

from export.child import call
from export.loading import SERVED
from export.printable import printable
from export.profiles import profile
from export.target import TARGETS, Target
from export.verify import verify
from xray import model_file
from xray.errors import SetupError
from xray.model_file import ModelFile

_FOLDER = Path(__file__).parent / "examples"
MODEL = "model.tflite"
"""What the file is called in every bundle: the examples look for it beside them. The card tells what it is."""


def bundle(path: Path, name: str, out: Path) -> Path:
    """Write a bundle, whole or not at all; the model file is verified first.

    Args:
        path: The model file.
        name: Of one of `TARGETS`.
        out: A folder that is not there yet, or empty.

    Returns:
        The folder.

    Raises:
        SetupError: The file is not fit for use, here or there, or the folder cannot be written.
    """
    (target,) = (one for one in TARGETS if one.name == name)
    file = model_file.read(path)
    card, quantized = file.card, profile(file.card.profile)
    why = target.unfit(card, quantized)
    if quantized.pixels != SERVED:
        why = f"the examples hand over {SERVED} pixels, it takes {quantized.pixels}; convert with another profile"
    elif card.out_of_distribution_limit is None or "embedding_mean" not in file.arrays:
        why = "its card does not tell what is unlike the training images; export it again"
    if why:
        raise SetupError(f"{path} cannot go to {name}: {why}")
    for check in call(verify, path):
        if not check.passed:
            raise SetupError(f"{path}: {check.sentence}")
    _write(out, file, target)
    return out


def _write(out: Path, file: ModelFile, target: Target) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as temporary:
            folder = Path(temporary) / "bundle"
            for name in (*target.builds_on, target.name):
                shutil.copytree(
                    _FOLDER / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
                )
            (folder / MODEL).write_bytes(file.content)
            (folder / "labels.txt").write_text("".join(f"{label}\n" for label in file.card.labels), encoding="utf-8")
            readme = folder / "README.md"
            readme.write_text(_told(readme.read_text(encoding="utf-8"), file), encoding="utf-8")
            os.replace(folder, out)  # fails where something is there already; an empty folder it replaces
    except OSError as error:
        raise SetupError(
            f"the bundle {out} cannot be written: {error.strerror}; name a folder that is not there yet"
        ) from error


def _told(template: str, file: ModelFile) -> str:
    card = file.card
    return template.format(
        name=printable(card.name),
        version=printable(card.version),
        what=printable(f"{card.intended_use} {card.limits}".strip()),
        profile=card.profile,
        size=f"{len(file.content) / 1e6:.2f} MB",
        sha256=file.sha256,
        labels=printable(", ".join(card.labels)),
    )
