"""As answer.py, with the graph on an Edge TPU where there is one: python answer_coral.py PICTURE."""

import sys

from ai_edge_litert.interpreter import Interpreter, load_delegate
from answer import MODEL, decide, read_card, read_pixels

COMPILED = MODEL.with_name("model_edgetpu.tflite")  # what `edgetpu_compiler model.tflite` writes
LIBRARY = "libedgetpu.so.1"


def on_edge_tpu():
    """The compiled graph on the Edge TPU; None, and why, where it cannot be had."""
    if not COMPILED.is_file():
        print(f"there is no {COMPILED.name} beside this script: running on the processor", file=sys.stderr)
        return None
    try:
        return Interpreter(str(COMPILED), experimental_delegates=[load_delegate(LIBRARY)])
    except (OSError, RuntimeError, ValueError) as error:
        print(f"no Edge TPU ({error}): running on the processor", file=sys.stderr)
        return None


def outputs(graph, pixels):
    """Every output of a graph, in its own order: the compiler keeps the order of outputs, but not their signature."""
    graph.allocate_tensors()
    graph.set_tensor(graph.get_input_details()[0]["index"], pixels)
    graph.invoke()
    return [graph.get_tensor(output["index"]) for output in graph.get_output_details()]


if __name__ == "__main__":
    card, arrays = read_card(MODEL.read_bytes())  # the compiled file is another one, with no card that can be trusted
    plain = Interpreter(str(MODEL))
    named = plain.get_signature_runner().get_output_details()
    order = [output["index"] for output in plain.get_output_details()]
    told = outputs(on_edge_tpu() or plain, read_pixels(sys.argv[1], card["input"]))
    scores, embedding = (told[order.index(named[name]["index"])][0] for name in ("scores", "embedding"))
    print(decide(scores, embedding, card, arrays))
