"""int8 with single layers left in float: calibrated once, quantized as often as asked."""

import fnmatch
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray

from export.convert import converter, quiet
from export.profiles import Profile
from xray.errors import SetupError


@dataclass(frozen=True)
class Step:
    """One operation of the graph, as far as quantization goes."""

    tensor: str
    """The name of its output inside the graph, by which TensorFlow's quantizer knows it."""
    name: str
    """The layer that it computes, or the output that it makes; two steps of one layer have the same."""
    names: tuple[str, ...]
    """With those that the converter fused into it: batch norm, activation, padding."""
    readers: tuple[str, ...]
    """The steps that read its output, by name. What flows between two steps stays in float only where both do."""


class Quantizer:
    """A calibrated graph; each call of `graph` quantizes it anew, in a fraction of a second.

    It is TensorFlow's quantization debugger: the converter's own path to a graph with some nodes left out.
    """

    def __init__(self, model: keras.Model, sample: NDArray[np.uint8], profile: Profile) -> None:
        if not profile.may_keep_float:
            raise SetupError(
                f"--keep-float is for int8 profiles with float in between, not for {profile.name}: "
                f"{'every operation of it must be an integer one' if profile.edge_tpu else 'it has no int8 layers'}"
            )
        self._options = tf.lite.experimental.QuantizationDebugOptions
        # The graph casts its own pixels, so that the first layer may stay in float too.
        as_float = profile.pixels == "float32"
        with converter(model, sample, profile, float_pixels=as_float) as ready:
            self._debugger = tf.lite.experimental.QuantizationDebugger(converter=ready, debug_options=self._options())
            self.steps = tuple(_steps(self._debugger.calibrated_model))
        """In the order of computation."""

    def graph(self, left: Collection[Step] = ()) -> bytes:
        """Quantize all steps but those `left` in float.

        Raises:
            SetupError: Nothing would be quantized.
        """
        if set(left) >= set(self.steps):
            raise SetupError("--keep-float leaves no layer in int8; take the profile float16 or float32")
        self._leave(left)
        return bytes(self._debugger.get_nondebug_quantized_model())

    def _leave(self, left: Collection[Step]) -> None:
        with quiet():
            self._debugger.options = self._options(denylisted_nodes=[step.tensor for step in left])

    def named(self, patterns: Sequence[str]) -> tuple[Step, ...]:
        """Return the steps that the patterns fit: a layer's name, with * and ? for what varies.

        Raises:
            SetupError: A pattern fits none; a file that differs from the one asked for is not made.
        """
        for pattern in patterns:
            if not any(_fits(step, pattern) for step in self.steps):
                known = ", ".join(step.name for step in self.steps)
                raise SetupError(f"--keep-float {pattern!r} fits no layer; there are: {known}")
        return tuple(step for step in self.steps if any(_fits(step, pattern) for pattern in patterns))


def _fits(step: Step, pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for name in step.names)


def _steps(graph: bytes) -> Iterator[Step]:
    with quiet():
        interpreter = tf.lite.Interpreter(model_content=graph)
    signature = interpreter.get_signature_runner().get_output_details()
    outputs = {details["name"]: name for name, details in signature.items()}
    # The cast of the pixels is no layer.
    operations = [one for one in interpreter._get_ops_details() if one["op_name"] not in ("CAST", "DELEGATE")]
    tensors = [interpreter._get_tensor_details(one["outputs"][0], 0)["name"] for one in operations]
    named = [_names(tensor, outputs) for tensor in tensors]
    for operation, tensor, (name, names) in zip(operations, tensors, named, strict=True):
        readers = [
            reader
            for other, (reader, _) in zip(operations, named, strict=True)
            if operation["outputs"][0] in other["inputs"] and reader != name
        ]
        yield Step(tensor, name, names, tuple(dict.fromkeys(readers)))


def _names(tensor: str, outputs: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return the name to call a step by, and all that it goes by. What stands after `;;` was fused in from before it."""
    own, *fused = ([outputs[tensor]] if tensor in outputs else _layers(part) for part in tensor.split(";;"))
    return own[-1], tuple(dict.fromkeys([*own, *(name for names in fused for name in names)]))


def _layers(tensor: str) -> list[str]:
    """Read the layers out of `model/conv1_relu/Relu6;model/conv1_bn/FusedBatchNormV3;model/conv1/Conv2D1`."""
    found = [part.split("/")[1] for part in tensor.split(";") if part.count("/") >= 2]
    return found or [re.sub(r"\W+", "_", tensor)]
