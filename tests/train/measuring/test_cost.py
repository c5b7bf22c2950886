from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from train.measuring.cost import costs, machine, macs, measure
from train.run import Run
from xray.errors import SetupError


@pytest.mark.parametrize(
    ("application", "millions", "parameters"),
    [
        # Howard et al., arXiv 1704.04861, table 8: 569 million mult-adds, 4.2 million parameters
        ("MobileNet", 569, 4_253_864),
        # Sandler et al., CVPR 2018, table 4: 300 million, 3.4 million (Keras counts batch norm's statistics as well)
        ("MobileNetV2", 300, 3_538_984),
    ],
)
def test_macs_and_parameters_are_the_published_ones(application: str, millions: int, parameters: int) -> None:
    model = getattr(keras.applications, application)(weights=None)
    assert macs(model) / 1e6 == pytest.approx(millions, abs=1)
    assert model.count_params() == parameters


@pytest.mark.slow
@pytest.mark.parametrize(
    ("application", "billions"),
    [
        ("ResNet50", 3.8),  # He et al., CVPR 2016, table 1
        ("DenseNet121", 2.83),  # torchvision's table of models
    ],
)
def test_macs_of_large_networks_are_the_published_ones(application: str, billions: float) -> None:
    assert macs(getattr(keras.applications, application)(weights=None)) / 1e9 == pytest.approx(billions, rel=0.02)


def test_macs_are_those_of_a_count_by_hand_strides_and_nested_models_included() -> None:
    inner = keras.Sequential([keras.layers.DepthwiseConv2D(3, padding="same", input_shape=(4, 4, 8))])
    model = keras.Sequential(
        [
            keras.layers.Conv2D(8, 3, strides=2, padding="same", input_shape=(8, 8, 2)),
            inner,
            keras.layers.BatchNormalization(),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(5),
        ]
    )
    assert macs(model) == 3 * 3 * 2 * 8 * 16 + 3 * 3 * 8 * 16 + 8 * 5


@pytest.mark.slow
def test_a_run_s_cost_is_measured_in_a_process_with_one_thread(run: Run) -> None:
    (once,) = costs([run.folder])
    model = keras.models.load_model(run.model, compile=False)
    assert once.parameters == sum(int(np.prod(weight.shape)) for weight in model.weights)
    assert once.macs == macs(model)
    assert once.size_bytes == run.model.stat().st_size
    assert once.milliseconds > 0
    assert machine()


def test_what_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="neither a model file nor a finished run"):
        measure([tmp_path])
