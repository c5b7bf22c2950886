"""Handing a file to the Edge TPU compiler, where there is one."""

import shlex
import shutil
import subprocess
from pathlib import Path

from xray.errors import SetupError

COMPILER = "edgetpu_compiler"
_PATIENCE_SECONDS = 600


def command_line(path: Path) -> list[str]:
    """Return the command that compiles a file: it writes `<name>_edgetpu.tflite` beside it."""
    return [COMPILER, "--show_operations", "--out_dir", str(path.parent), str(path)]


def compile_file(path: Path) -> str:
    """Compile a file, or say how.

    The compiler comes from Coral, for x86-64 Linux only; it is called where it is on the PATH.

    Returns:
        What it said, or the command to run where it is installed.

    Raises:
        SetupError: It failed.
    """
    if shutil.which(COMPILER) is None:
        return (
            f"{COMPILER} is not installed here (coral.ai/docs/edgetpu/compiler); where it is, run\n"
            f"  {shlex.join(command_line(path))}"
        )
    try:
        done = subprocess.run(
            command_line(path), capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupError(f"{COMPILER} could not be run on {path}: {error}") from error
    if done.returncode:
        raise SetupError(f"{COMPILER} failed on {path}:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()
