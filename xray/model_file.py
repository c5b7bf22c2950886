"""The model file: one .tflite that carries its own card, sealed by a digest.

Any TFLite runtime loads the file; ours also reads the card inside. It lies in the flatbuffer's metadata under the
name `LUNGWATCH_CARD` as: seal (32 bytes) · length of the JSON (4 bytes, little endian) · JSON · npz. The seal is the
sha256 of the whole file with the seal itself zeroed, so a flipped byte anywhere, card or graph, is noticed.
"""

import hashlib
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from xray.card import Card
from xray.errors import SetupError

METADATA_NAME = b"LUNGWATCH_CARD"
_IDENTIFIER = b"TFL3"
_SEAL_BYTES = 32
_LARGEST_ARRAYS_BYTES = 64 << 20
"""Unpacked: 200 times what a DenseNet's take. A kilobyte of zip can hold gigabytes of zeros."""
_UNREADABLE = (
    ValueError,
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    MemoryError,
    TypeError,
    KeyError,
)
"""What json, zipfile and numpy raise for bytes that somebody put there on purpose, the deepest nesting included."""


@dataclass(frozen=True)
class ModelFile:
    """A model file, read and verified."""

    content: bytes
    """The whole file: what the interpreter loads."""
    card: Card
    arrays: dict[str, NDArray[np.float32]]
    """The card's arrays: what is too bulky for JSON."""
    sha256: str
    """Of the whole file, as `sha256sum` prints it."""


def pack(graph: bytes, card: Card, arrays: dict[str, NDArray[np.float32]]) -> bytes:
    """Put a card into a graph and seal the file. The graph's outputs stay bit-identical."""
    npz = io.BytesIO()
    np.savez_compressed(npz, allow_pickle=False, **arrays)
    text = card.to_json().encode()
    payload = bytes(_SEAL_BYTES) + struct.pack("<I", len(text)) + text + npz.getvalue()

    model = schema.ModelT.InitFromPackedBuf(graph, 0)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(payload, np.uint8)
    model.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name, entry.buffer = METADATA_NAME, len(model.buffers) - 1
    model.metadata = [*(one for one in model.metadata or [] if one.name != METADATA_NAME), entry]
    builder = flatbuffers.Builder(len(graph) + len(payload) + 1024)
    builder.Finish(model.Pack(builder), _IDENTIFIER)

    content = bytearray(builder.Output())
    start, _ = _locate(bytes(content))
    content[start : start + _SEAL_BYTES] = hashlib.sha256(content).digest()
    return bytes(content)


def unpack(content: bytes) -> ModelFile:
    """Read and verify a model file's bytes.

    Raises:
        SetupError: Not a TFLite file, without a card, changed since it was sealed, or of another schema.
    """
    start, end = _locate(content)
    seal = content[start : start + _SEAL_BYTES]
    blank = content[:start] + bytes(_SEAL_BYTES) + content[start + _SEAL_BYTES :]
    if hashlib.sha256(blank).digest() != seal:
        raise SetupError(
            "the model file was changed or damaged after it was made (its seal does not match); copy it again"
        )
    (length,) = struct.unpack_from("<I", content, start + _SEAL_BYTES)
    text = start + _SEAL_BYTES + 4
    try:
        card = Card.from_json(content[text : text + length].decode())
        arrays = _arrays(content[text + length : end])
    except _UNREADABLE as error:
        raise SetupError("the model file's card cannot be read; make it again with lungwatch-export") from error
    return ModelFile(content, card, arrays, hashlib.sha256(content).hexdigest())


def _arrays(npz: bytes) -> dict[str, NDArray[np.float32]]:
    with zipfile.ZipFile(io.BytesIO(npz)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _LARGEST_ARRAYS_BYTES:
            raise ValueError("the card's arrays are too large")
    with np.load(io.BytesIO(npz), allow_pickle=False) as arrays:
        return dict(arrays)


def read(path: Path) -> ModelFile:
    """Read and verify a model file.

    Raises:
        SetupError: The file cannot be read, or see `unpack`.
    """
    try:
        return unpack(path.read_bytes())
    except OSError as error:
        raise SetupError(f"the model file {path} cannot be read: {error.strerror}") from error
    except SetupError as error:
        raise SetupError(f"{path}: {error}") from error


def _locate(content: bytes) -> tuple[int, int]:
    """Return where the card's payload starts and ends in the file."""
    if content[4:8] != _IDENTIFIER:
        raise SetupError("this is not a TFLite model; expected a .tflite file made by lungwatch-export")
    try:
        model = schema.Model.GetRootAs(content, 0)
        for index in range(model.MetadataLength()):
            entry = model.Metadata(index)
            if entry is not None and entry.Name() == METADATA_NAME:
                buffer = model.Buffers(entry.Buffer())
                vector = buffer._tab.Offset(4)  # `data` is the table's first field: slot 4 in every flatbuffer
                start = buffer._tab.Vector(vector)
                end = start + buffer.DataLength()
                if vector and start + _SEAL_BYTES + 4 <= end <= len(content):
                    return start, end
    except (struct.error, IndexError, ValueError, TypeError, AttributeError) as error:
        raise SetupError("the model file is damaged: its structure cannot be read; copy it again") from error
    raise SetupError("this TFLite model carries no Lungwatch card; make it with lungwatch-export")
