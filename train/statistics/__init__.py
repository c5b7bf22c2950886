"""The statistics of reports and comparisons; what export needs as well stands in `xray.statistics`."""

from train.statistics.bands import Band, precision_recall_band, roc_band
from train.statistics.classes import ClassFigures, by_class
from train.statistics.decisions import Discordant, holm, mcnemar
from train.statistics.floor import Floor, NoiseFloor, noise_floor
from train.statistics.paired import Paired, delong, delong_interval, delong_variance, paired_bootstrap
from train.statistics.resampling import draws, weighted_auroc
from train.statistics.shares import clustered_share

__all__ = [
    "Band",
    "ClassFigures",
    "Discordant",
    "Floor",
    "NoiseFloor",
    "Paired",
    "by_class",
    "clustered_share",
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
