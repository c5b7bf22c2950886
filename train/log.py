"""What people see on stderr while a command runs: our own lines, and as few of TensorFlow's as it lets us."""

import logging
import os
import sys


def log_to_stderr() -> None:
    """Begin; in every process that speaks to people."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for noisy in ("absl", "tensorflow"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
