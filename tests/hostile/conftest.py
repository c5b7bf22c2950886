"""The real worker on a folder of its own, as in tests/worker."""

from tests.worker.conftest import root, running, tiny_model

__all__ = ["root", "running", "tiny_model"]
