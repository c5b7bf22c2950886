"""Who may import whom, as docs/architecture.md says it, read from the imports themselves."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"xray", "train", "export", "worker", "tests", "benchmarks", "demo"}
TENSORFLOW = {"tensorflow", "tf_keras", "keras", "tensorflow_model_optimization"}


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    ours: frozenset[str]
    """Packages of this repository that it may import, itself aside."""
    must_not: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    """The only packages from outside that it may import; None: any that its extra declares."""
    extras: tuple[str, ...] = ()
    """Extras of setup.cfg that declare what it imports from outside."""


TABLE = {
    "xray": Row(
        ours=frozenset(),
        only=frozenset({"numpy", "PIL", "ai_edge_litert", "flatbuffers", "pydicom", "pylibjpeg", "jpeg_ls"})
        | {"libjpeg", "openjpeg", "rle"},
        extras=("dicom",),
    ),
    "train": Row(
        ours=frozenset({"xray"}),
        must_not=frozenset({"tensorflow_model_optimization"}),
        extras=("dicom", "train", "fetch", "mlflow", "sweep"),
    ),
    "export": Row(ours=frozenset({"xray"}), extras=("dicom", "export")),
    "worker": Row(ours=frozenset({"xray"}), must_not=frozenset(TENSORFLOW), extras=("dicom", "worker")),
}

DICOM = "xray/formats/dicom*.py"
ONLY_IN = {
    "ai_edge_litert.schema_py_generated": ("xray/model_file.py",),
    "ai_edge_litert": ("xray/runtime.py",),
    "flatbuffers": ("xray/model_file.py",),
}
XRAY_ONLY_IN = dict.fromkeys(("pydicom", "pylibjpeg", "libjpeg", "openjpeg", "rle", "jpeg_ls"), (DICOM,))


@dataclass(frozen=True)
class Import:
    """One import found in the source."""

    file: str
    """Relative to the repository, with forward slashes."""
    line: int
    name: str
    """As far as it is written: `from a import b` is `a.b`."""

    @property
    def top(self) -> str:
        return self.name.split(".")[0]

    def within(self, module: str) -> bool:
        return self.name == module or self.name.startswith(f"{module}.")


def imports(root: Path, package: str) -> Iterator[Import]:
    """Find every import below a package, at whatever depth, written as a statement or as a call.

    Not in `export/examples/`: those run on devices, without a line of ours, and are copied there but never imported.
    """
    for path in sorted((root / package).rglob("*.py")):
        file = path.relative_to(root).as_posix()
        if file.startswith("export/examples/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), file)):
            for name in _names(node, path.relative_to(root).parent.parts):
                yield Import(file, getattr(node, "lineno", 0), name)


def _names(node: ast.AST, here: tuple[str, ...]) -> list[str]:
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom():
            above = here[: len(here) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            return [f"{module}.{alias.name}".lstrip(".") for alias in node.names]
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[first, *_]) if called in (
            "import_module",
            "__import__",
        ):
            # An f-string tells its package by what stands before the first brace.
            start = first.values[0] if isinstance(first, ast.JoinedStr) and first.values else first
            return [start.value.strip(".")] if isinstance(start, ast.Constant) and isinstance(start.value, str) else []
    return []


def breaches(root: Path, package: str) -> list[str]:
    """Return every import of a package that the table forbids, as `file:line imports name`."""
    row = TABLE[package]
    places = ONLY_IN | (XRAY_ONLY_IN if package == "xray" else {})

    def forbidden(found: Import) -> bool:
        if found.top == package or found.top in sys.stdlib_module_names:
            return False
        if found.top in OURS:
            return found.top not in row.ours
        allowed_in = next((files for name, files in places.items() if found.within(name)), ("*",))
        return (
            found.top in row.must_not
            or (row.only is not None and found.top not in row.only)
            or not any(fnmatch(found.file, pattern) for pattern in allowed_in)
        )

    return [f"{found.file}:{found.line} imports {found.name}" for found in imports(root, package) if forbidden(found)]


@pytest.mark.parametrize("package", TABLE)
def test_imports_keep_to_the_table(package: str) -> None:
    assert breaches(ROOT, package) == []


PLANTS = {
    "statement": "import tensorflow",
    "part": "from tensorflow import lite",
    "in a function": "def late():\n    import tf_keras as keras\n    return keras",
    "import_module": "import importlib\nimportlib.import_module('tensorflow.lite')",
    "import_module by name": "from importlib import import_module\nx = import_module(f'tf_keras.{1}')",
    "__import__": "__import__('tensorflow')",
    "for types only": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import tensorflow as tf",
    "another of ours": "from export.profiles import PROFILES",
    "the interpreter": "from ai_edge_litert.interpreter import Interpreter",
    "flatbuffers": "import flatbuffers",
    "tests": "from tests.conftest import data_dir",
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
@pytest.mark.parametrize("package", ["worker", "xray"])
def test_a_planted_import_is_reported(package: str, plant: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    planted = tmp_path / package / "deep" / "planted.py"
    planted.parent.mkdir()
    planted.write_text(plant + "\n", encoding="utf-8")

    found = breaches(tmp_path, package)

    assert len(found) == 1
    assert found[0].startswith(f"{package}/deep/planted.py:")


@pytest.mark.parametrize(
    ("file", "plant"),
    [
        ("xray/planted.py", "import pydicom"),
        ("xray/planted.py", "import click"),
        ("xray/planted.py", "from worker import ledger"),
        ("xray/formats/raster.py", "from pydicom.pixels import pixel_array"),
        ("xray/model_file.py", "from ai_edge_litert import interpreter"),
        ("xray/runtime.py", "from ai_edge_litert.schema_py_generated import Model"),
        ("train/planted.py", "import tensorflow_model_optimization as tfmot"),
        ("train/recipes/planted.py", "from ...worker import ledger"),
        ("export/planted.py", "from train.recipe import Recipe"),
    ],
)
def test_an_import_out_of_place_is_reported(file: str, plant: str, tmp_path: Path) -> None:
    target = tmp_path / file
    target.parent.mkdir(parents=True)
    target.write_text(plant + "\n", encoding="utf-8")

    assert [line.split(":")[0] for line in breaches(tmp_path, file.split("/", maxsplit=1)[0])] == [file]


@pytest.mark.parametrize(
    ("file", "plant"),
    [
        ("xray/formats/dicom.py", "import pydicom"),
        ("xray/runtime.py", "from ai_edge_litert.interpreter import Interpreter"),
        ("xray/model_file.py", "from ai_edge_litert import schema_py_generated"),
        ("worker/sinks/planted.py", "from . import json\nfrom ..ledger import Ledger\nimport xray.card"),
        ("export/planted.py", "import tensorflow_model_optimization as tfmot"),
    ],
)
def test_an_import_in_its_place_is_not_reported(file: str, plant: str, tmp_path: Path) -> None:
    target = tmp_path / file
    target.parent.mkdir(parents=True)
    target.write_text(plant + "\n", encoding="utf-8")

    assert breaches(tmp_path, file.split("/", maxsplit=1)[0]) == []


def _loaded(modules: list[str]) -> set[str]:
    """Return the top-level names in a fresh interpreter that has imported these modules."""
    code = (
        f"import sys\nfor name in {modules}: __import__(name)\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_the_kernel_never_loads_tensorflow() -> None:
    """Whatever its libraries import behind its back."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "xray").rglob("*.py"))
        if path.name != "__init__.py"
    ]
    assert not _loaded(modules) & (TENSORFLOW | {"train", "export", "worker"})


def test_the_worker_never_loads_tensorflow() -> None:
    modules = [name for name in ("cli", "reader") if (ROOT / "worker" / f"{name}.py").is_file()]
    if len(modules) < 2:
        pytest.skip("worker/cli.py and worker/reader.py are not there yet")
    assert not _loaded([f"worker.{name}" for name in modules]) & (TENSORFLOW | {"train", "export"})
