"""Which operations a graph is made of, and what other processors make of them, by TensorFlow's own analyzer."""

import contextlib
import io
import re
from collections import Counter
from dataclasses import dataclass

import tensorflow as tf

_OPERATION = re.compile(r"^\s*Op#\d+ (\w+)\(", re.MULTILINE)
_GPU_FAULT = re.compile(r"^.*GPU COMPATIBILITY WARNING: *(.+)$", re.MULTILINE)

EDGE_TPU = frozenset(
    """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D EXPAND_DIMS FULLY_CONNECTED L2_NORMALIZATION LOGISTIC
    LSTM MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL PACK PAD PRELU QUANTIZE REDUCE_MAX REDUCE_MIN RELU RELU6 RELU_N1_TO_1
    RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR RSQRT SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SQUARED_DIFFERENCE SQUEEZE
    STRIDED_SLICE SUB SUM TANH TRANSPOSE TRANSPOSE_CONV
    """.split()  # noqa: SIM905 - a list of quoted names is four times as long
)
"""What the Edge TPU compiler 16 maps (coral.ai, "TensorFlow models on the Edge TPU", table 1)."""
_ON_THE_HOST = frozenset({"DEQUANTIZE"})
"""Three small outputs become float at the end: on the host's CPU, whatever the accelerator."""


@dataclass(frozen=True)
class Operations:
    """What a graph computes with."""

    counts: dict[str, int]
    """By the operation's name in TFLite."""
    gpu_faults: tuple[str, ...]
    """What the analyzer says against the GPU delegate; empty where it found the graph compatible. Not run on a GPU."""

    @property
    def off_edge_tpu(self) -> tuple[str, ...]:
        """Operations that the Edge TPU compiler would leave to the CPU."""
        return tuple(name for name in self.counts if name not in EDGE_TPU | _ON_THE_HOST)


def analyze(graph: bytes) -> Operations:
    """Take a graph apart, without running it."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):  # it prints, and returns nothing
        tf.lite.experimental.Analyzer.analyze(model_content=graph, gpu_compatibility=True)
    text = told.getvalue()
    counts = Counter(_OPERATION.findall(text))
    return Operations(dict(sorted(counts.items())), tuple(_GPU_FAULT.findall(text)))
