"""Model files for tests: the reference model with another card, or made to crash whoever loads it. No TensorFlow."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from xray.model_file import METADATA_NAME, ModelFile, pack, read

(REFERENCE,) = (Path(__file__).parents[2] / "models").glob("*.tflite")


def reference() -> ModelFile:
    return read(REFERENCE)


def with_card(path: Path, **changed: Any) -> Path:
    """Write the reference model with something else on its card, sealed."""
    file = reference()
    path.write_bytes(pack(file.content, replace(file.card, **changed), file.arrays))
    return path


def foreign(path: Path) -> Path:
    """Write a TFLite file that anybody could have made: no card."""

    def strip(model: schema.ModelT) -> None:
        model.metadata = [entry for entry in model.metadata if entry.name != METADATA_NAME]

    path.write_bytes(_changed(strip))
    return path


def crashing(path: Path) -> Path:
    """Write a sealed file that ends whoever loads it: its signature speaks of a subgraph that there is not."""

    def mislead(model: schema.ModelT) -> None:
        model.signatureDefs[0].subgraphIndex = 99

    file = reference()
    path.write_bytes(pack(_changed(mislead), file.card, file.arrays))
    return path


def _changed(change: Any) -> bytes:
    content = reference().content
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    change(model)
    builder = flatbuffers.Builder(len(content) + 1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
