"""What the gate says of speed."""

from export.latency import median_ms
from tests.export.files import reference
from xray.model_file import ModelFile
from xray.runtime import Predictor


def test_the_larger_network_takes_longer_in_whichever_order(file: ModelFile) -> None:
    small, large = Predictor(file.content), Predictor(reference().content)
    first, second = median_ms([small, large], runs=5)
    third, fourth = median_ms([large, small], runs=5)
    assert max(first, fourth) < min(second, third)
