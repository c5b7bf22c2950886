"""The card inside the model file: there, sealed, and out of the graph's way."""

import dataclasses
import hashlib
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from xray.card import Card, InputSpec, TrainingData
from xray.errors import SetupError
from xray.model_file import METADATA_NAME, _locate, pack, read, unpack
from xray.runtime import Predictor

CARD = Card(
    name="tiny",
    version="1",
    created="2026-11-21T12:00:00Z",
    labels=("NORMAL", "PNEUMONIA"),
    input=InputSpec(64, 64),
    recipe="none",
    seed=1,
    data=TrainingData("drawn", "", "", {}, "", "none; Übung"),
)


@pytest.fixture(scope="module")
def arrays() -> dict[str, NDArray[np.float32]]:
    return {"embedding_mean": np.arange(4, dtype=np.float32), "axes": np.eye(3, dtype=np.float32)}


@pytest.fixture(scope="module")
def packed(graph: bytes, arrays: dict[str, NDArray[np.float32]]) -> bytes:
    return pack(graph, CARD, arrays)


def test_card_and_arrays_come_back(packed: bytes, arrays: dict[str, NDArray[np.float32]], tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(packed)
    model = read(path)
    assert model.card == CARD
    assert model.arrays.keys() == arrays.keys()
    assert all(np.array_equal(model.arrays[name], array) for name, array in arrays.items())
    assert model.content == packed
    assert model.sha256 == hashlib.sha256(packed).hexdigest()


def test_the_graph_gives_the_same_bits_with_a_card_inside(graph: bytes, packed: bytes) -> None:
    image = np.random.default_rng(1).integers(0, 256, (64, 64, 1), np.uint8)
    before, after = Predictor(graph).predict(image), Predictor(packed).predict(image)
    assert np.array_equal(before.scores, after.scores)
    assert np.array_equal(before.cam, after.cam)
    assert np.array_equal(before.embedding, after.embedding)


def test_packing_is_reproducible(graph: bytes, packed: bytes, arrays: dict[str, NDArray[np.float32]]) -> None:
    assert pack(graph, CARD, arrays) == packed


def test_a_flipped_byte_anywhere_is_noticed(packed: bytes) -> None:
    start, end = _locate(packed)
    places = {*range(64), *range(0, len(packed), 37), *range(start, start + 40), end - 1, len(packed) - 1}
    for place in sorted(places):
        broken = bytearray(packed)
        broken[place] ^= 0x41
        with pytest.raises(SetupError):
            unpack(bytes(broken))


def test_a_file_cut_off_anywhere_is_noticed(packed: bytes) -> None:
    for length in (*range(0, 64), *range(64, len(packed), 211), len(packed) - 1):
        with pytest.raises(SetupError):
            unpack(packed[:length])


def test_bytes_added_are_noticed(packed: bytes) -> None:
    with pytest.raises(SetupError, match="seal"):
        unpack(packed + b"\0")


def test_a_foreign_model_is_told_as_such(graph: bytes) -> None:
    with pytest.raises(SetupError, match="carries no Lungwatch card"):
        unpack(graph)


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04" + bytes(100), bytes(4) + b"TFL3"])
def test_what_is_no_model_is_told_as_such(content: bytes) -> None:
    with pytest.raises(SetupError):
        unpack(content)


def reseal(content: bytes, payload: bytes) -> bytes:
    """Put other bytes where the card is, with a seal that fits: what a stranger's tool could write."""
    start, end = _locate(content)
    changed = bytearray(content)
    changed[start:end] = (bytes(32) + payload).ljust(end - start, b"\0")[: end - start]
    changed[start : start + 32] = hashlib.sha256(changed).digest()
    return bytes(changed)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        struct.pack("<I", 4) + b"null",
        struct.pack("<I", 4) + b"\xff\xfe\xfd\xfc",
        struct.pack("<I", 1 << 31) + b"{}",
        struct.pack("<I", len(CARD.to_json().encode())) + CARD.to_json().encode() + b"no arrays",
        struct.pack("<I", len(CARD.to_json().encode())) + CARD.to_json().encode() + b"PK\x03\x04 broken",
    ],
)
def test_a_card_that_cannot_be_read_is_the_set_ups_fault(packed: bytes, payload: bytes) -> None:
    with pytest.raises(SetupError):
        unpack(reseal(packed, payload))


def bomb() -> bytes:
    """An npz of 100 kB that unpacks to 100 MB."""
    npz = io.BytesIO()
    np.savez_compressed(npz, embedding_mean=np.zeros(25_000_000, np.float32))
    return npz.getvalue()


def broken_deflate() -> bytes:
    npz = io.BytesIO()
    np.savez_compressed(npz, embedding_mean=np.arange(1000, dtype=np.float32))
    broken = bytearray(npz.getvalue())
    broken[100:200] = bytes(100)
    return bytes(broken)


@pytest.mark.parametrize("after_length", [b"[" * 100_000, bomb(), broken_deflate()], ids=["deep", "bomb", "deflate"])
def test_a_card_that_was_made_to_do_harm_is_the_set_ups_fault(
    graph: bytes, arrays: dict[str, NDArray[np.float32]], after_length: bytes
) -> None:
    roomy = pack(graph, dataclasses.replace(CARD, limits="x" * 200_000), arrays)
    text = CARD.to_json().encode() if after_length[0] != ord("[") else after_length
    with pytest.raises(SetupError, match="cannot be read"):
        unpack(reseal(roomy, struct.pack("<I", len(text)) + text + after_length))


def test_a_card_of_another_schema_asks_for_a_new_export(graph: bytes) -> None:
    with pytest.raises(SetupError, match="schema 99"):
        unpack(pack(graph, dataclasses.replace(CARD, schema=99), {}))


def test_a_missing_file_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"absent\.tflite cannot be read"):
        read(tmp_path / "absent.tflite")


def test_the_card_lies_under_one_name(packed: bytes) -> None:
    assert packed.count(METADATA_NAME) == 1
