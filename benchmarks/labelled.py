"""A folder of labelled radiographs to measure training with: real ones where LUNGWATCH_DATA names them, else drawn."""

import os
from pathlib import Path

from PIL import Image

from xray.phantom import draw


def labelled(folder: Path, count: int) -> str:
    """Fill `folder/<label>/` with `count` JPEG files of 224×224, half of each label, and tell what they are, in words."""
    source = Path(os.environ.get("LUNGWATCH_DATA", "../shared/data")) / "kermany" / "train"
    real = source.is_dir()
    for label in ("NORMAL", "PNEUMONIA"):
        (folder / label).mkdir(parents=True)
        if real:
            for path in sorted((source / label).iterdir())[: count // 2]:
                (folder / label / path.name).symlink_to(path.resolve())
        else:
            for seed in range(count // 2):
                drawn = draw(seed, opacity=label == "PNEUMONIA", height=224, width=224)
                Image.fromarray(drawn).save(folder / label / f"{seed}.jpeg", quality=90)
    return f"{count} {'real' if real else 'DRAWN'} radiographs of 224×224"
