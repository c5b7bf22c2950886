"""Coverage-guided fuzzing of everything that a reader does with bytes, up to the pixels.

    python -m tests.hostile.fuzz -max_total_time=60

Arguments are libFuzzer's. Anything but a radiograph or a `RejectedImage` is a finding: it ends the run with its file in
./fuzz/, to become a case of `tests/hostile/test_findings.py`.
"""

import hashlib
import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["xray"], enable_loader_override=False):
    from xray.errors import RejectedImage
    from xray.formats import decode, sniff
    from xray.formats.complete import is_complete

from tests.hostile.mutate import seeds

FINDINGS = Path("fuzz")
SIDE = 64
SLOW_SECONDS = 0.1


def read(data: bytes) -> None:
    """What `worker.reader` does with a file, without the model."""
    is_complete(lambda offset, length: data[max(offset, 0) : offset + length], len(data))
    known = sniff(data)
    if known is not None:
        known.identify(data)
    try:
        radiograph = decode(data, at_least=SIDE)
    except (RejectedImage, MemoryError):
        return
    assert radiograph.pixels.ndim == 2
    assert radiograph.pixels.dtype == "uint8"


def _is_quick(data: bytes) -> bool:
    """Tell whether a seed is worth starting from: with one that takes long, few can be tried."""
    began = time.process_time()
    read(data)
    return time.process_time() - began < SLOW_SECONDS


def main() -> None:
    FINDINGS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lungwatch-fuzz-") as folder:
        for data in filter(_is_quick, seeds()):
            (Path(folder) / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
        usual = ["-max_len=65536", "-timeout=20", "-rss_limit_mb=3000", f"-artifact_prefix={FINDINGS}/"]
        atheris.Setup([sys.argv[0], *usual, *sys.argv[1:], folder], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
