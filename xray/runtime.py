"""Running a model: the only place that imports the LiteRT interpreter."""

from dataclasses import dataclass

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from xray.errors import SetupError


@dataclass(frozen=True)
class Prediction:
    """What the graph says about one image, before calibration."""

    scores: NDArray[np.float32]
    """Logits, shape (labels,)."""
    cam: NDArray[np.float32]
    """Class activation map, shape (h, w, labels): scores are its mean over h and w, plus the bias."""
    embedding: NDArray[np.float32]
    """The feature vector before the last layer, shape (d,)."""


class Predictor:
    """One interpreter on one graph. Not shared between threads: make one for each.

    Raises:
        SetupError: The graph cannot be loaded, or has not the input and outputs of a Lungwatch model.
    """

    def __init__(self, graph: bytes, *, threads: int = 1, pixels: str = "uint8") -> None:
        """Load a graph.

        Args:
            graph: The content of a .tflite file.
            threads: For one image.
            pixels: What the input must take. All but `uint8` is for other runtimes: export asks for it to check what
                it makes, a worker never does.
        """
        try:
            self._interpreter = Interpreter(model_content=graph, num_threads=threads)
            self._interpreter.allocate_tensors()
            runner = self._interpreter.get_signature_runner()
            inputs, outputs = runner.get_input_details(), runner.get_output_details()
            self._input = inputs["image"]["index"]
            self._outputs = {name: outputs[name]["index"] for name in ("scores", "cam", "embedding")}
        except (ValueError, RuntimeError, KeyError) as error:
            raise SetupError(
                f"the model cannot be run: expected input image and outputs scores, cam, embedding ({error})"
            ) from error
        self._kind = np.dtype(inputs["image"]["dtype"])
        if self._kind != pixels:
            raise SetupError(
                f"the model's input is {self._kind}, expected {pixels}: the file was made for other runtimes. "
                "`lungwatch-export profiles` tells which profiles a worker serves; convert the run with one of them"
            )
        self.input_shape: tuple[int, ...] = tuple(int(side) for side in inputs["image"]["shape"][1:])
        """(height, width, channels)."""

    def predict(self, image: NDArray[np.uint8]) -> Prediction:
        """Run one image: uint8, shape (height, width, channels), 0..255, whatever the graph takes.

        The outputs are copies: holding views of the interpreter's memory makes the next call fail.
        """
        self._interpreter.set_tensor(self._input, image[np.newaxis].astype(self._kind, copy=False))
        self._interpreter.invoke()
        return Prediction(**{name: self._interpreter.get_tensor(index)[0] for name, index in self._outputs.items()})
