"""The statistics of reports and comparisons; what export needs as well stands in `xray.statistics`."""

from train.statistics.bands import Band, precision_recall_band, roc_band
from train.statistics.classes import ClassFigures, by_class
from train.statistics.floor import Floor, NoiseFloor, noise_floor
from train.statistics.paired import (
    Discordant,
    Paired,
    delong,
    delong_interval,
    delong_variance,
    holm,
    mcnemar,
    paired_bootstrap,
)
from train.statistics.resampling import draws, weighted_auroc

__all__ = [
    "Band",
    "ClassFigures",
    "Discordant",
    "Floor",
    "NoiseFloor",
    "Paired",
    "by_class",
    "delong",
    "delong_interval",
    "delong_variance",
    "draws",
    "holm",
    "mcnemar",
    "noise_floor",
    "paired_bootstrap",
    "precision_recall_band",
    "roc_band",
    "weighted_auroc",
]
