"""Drawn pictures, DICOM files and a graph, made where they are used: none of them lies in the repository."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from xray import phantom

settings.register_profile("lungwatch", deadline=None, max_examples=40)
settings.load_profile("lungwatch")


@pytest.fixture(scope="session")
def chest() -> NDArray[np.uint8]:
    """A drawn chest, uint8, shape (160, 128)."""
    return phantom.draw(7, height=160, width=128)


@pytest.fixture(scope="session")
def chest12(chest: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The same in 12 bits, using all of them."""
    ramp = np.arange(128, dtype=np.uint16) % 16
    return np.asarray(np.minimum(chest.astype(np.uint16) * 16 + ramp, 4095))


MakeDicom = Callable[..., bytes]


@pytest.fixture(scope="session")
def make_dicom(chest12: NDArray[np.uint16]) -> MakeDicom:
    """Return a function that writes a chest radiograph as a DICOM file.

    Keywords are DICOM keywords; None leaves the element out. `pixels` are stored values, `frame` an encoded picture
    that takes their place, `plugin` the encoder for a compressed `syntax`.
    """

    def make(
        pixels: NDArray[Any] = chest12,
        *,
        syntax: str = "1.2.840.10008.1.2.1",
        preamble: bool = True,
        frame: bytes | None = None,
        plugin: str = "",
        **elements: object,
    ) -> bytes:
        from pydicom import dcmwrite
        from pydicom.dataset import Dataset, FileMetaDataset
        from pydicom.encaps import encapsulate
        from pydicom.uid import UID

        little = syntax != "1.2.840.10008.1.2.2"
        dataset = Dataset()
        signed = pixels.dtype.kind == "i"
        bits = elements.get("BitsStored") or (12 if pixels.dtype.itemsize == 2 else 8)
        assert isinstance(bits, int)
        usual: dict[str, object] = {
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1",
            "SOPInstanceUID": "1.2.826.0.1.3680043.8.498.1",
            "Modality": "DX",
            "PresentationIntentType": "FOR PRESENTATION",
            "PatientName": "Canary^Patient",
            "BodyPartExamined": "CHEST",
            "ViewPosition": "PA",
            "SamplesPerPixel": 1 if pixels.ndim == 2 else pixels.shape[-1],
            "PhotometricInterpretation": "MONOCHROME2",
            "Rows": pixels.shape[0],
            "Columns": pixels.shape[1],
            "BitsAllocated": pixels.dtype.itemsize * 8,
            "BitsStored": bits,
            "HighBit": bits - 1,
            "PixelRepresentation": int(signed),
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # wrong values are what some tests are about
            for keyword, value in (usual | elements).items():
                if value is not None:
                    setattr(dataset, keyword, value)
        native = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<" if little else ">")).tobytes()
        dataset.PixelData = native + b"\0" * (len(native) % 2)
        dataset["PixelData"].VR = "OW" if pixels.dtype.itemsize > 1 else "OB"
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1" if plugin else syntax)
        dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.826.0.1.3680043.8.498.1")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset.file_meta.MediaStorageSOPClassUID = UID(str((usual | elements)["SOPClassUID"] or "1.2"))
            if plugin:
                dataset.compress(UID(syntax), encoding_plugin=plugin, generate_instance_uid=False)
            elif frame is not None:
                dataset.PixelData = encapsulate([frame])
                dataset["PixelData"].VR = "OB"
                dataset["PixelData"].is_undefined_length = True
            file = io.BytesIO()
            dcmwrite(file, dataset, enforce_file_format=True)
        data = file.getvalue()
        if preamble:
            return data
        # Without preamble and meta information, as before 1996: group 0002 ends where its length says.
        return data[144 + int.from_bytes(data[140:144], "little") :]

    return make


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small graph with the outputs of a Lungwatch model: input uint8 (1, 64, 64, 1)."""
    return make_graph(tmp_path_factory.mktemp("graph"), ("scores", "cam", "embedding"))


def make_graph(folder: Path, names: tuple[str, ...], dtype: str = "uint8") -> bytes:
    """Convert a tiny network by way of a SavedModel, which keeps the names of the signature."""
    import tensorflow as tf
    import tf_keras as keras

    keras.utils.set_random_seed(1)
    image = keras.Input((64, 64, 1), name="pixels")
    features = keras.layers.Conv2D(4, 3, strides=8, activation="relu", name="features")(image / 255.0)
    cam = keras.layers.Conv2D(2, 1, name="cam")(features)
    network = keras.Model(
        image,
        (
            keras.layers.GlobalAveragePooling2D()(cam),
            cam,
            keras.layers.GlobalAveragePooling2D()(features),
        ),
    )

    @tf.function(input_signature=[tf.TensorSpec((1, 64, 64, 1), dtype, name="image")])  # type: ignore[untyped-decorator]
    def serve(image: Any) -> dict[str, Any]:
        return dict(zip(names, network(tf.cast(image, tf.float32)), strict=True))

    network.serve = serve
    tf.saved_model.save(network, str(folder), signatures={"serving_default": serve})
    return bytes(tf.lite.TFLiteConverter.from_saved_model(str(folder)).convert())
