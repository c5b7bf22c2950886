"""Who is told of each epoch: the terminal, TensorBoard always, MLflow where it was asked for."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf
from tqdm import tqdm

from train.learning.progress import Progress, Row
from xray.errors import SetupError

Listener = Callable[[Row], None]


def tell(row: Row, progress: Progress) -> None:
    """Say an epoch in a line."""
    kept = "  kept" if progress.best_epoch == row["epoch"] else ""
    test = f"  |  test: accuracy {row['test_accuracy']:.3f}" if "test_accuracy" in row else ""
    tqdm.write(
        f"epoch {row['epoch']:3d}  loss {row['loss']:.3f}  accuracy {row['accuracy']:.3f}  |  "
        f"validation: loss {row['val_loss']:.3f}  accuracy {row['val_accuracy']:.3f}  AUROC {row['val_auroc']:.4f}  |  "
        f"shifted: loss {row['shifted_loss']:.3f}  AUROC {row['shifted_auroc']:.4f}{test}  |  "
        f"{row['seconds']:.0f} s{kept}",
        file=sys.stderr,
    )


def tensorboard(folder: Path) -> Listener:
    """Write each epoch's figures as events into `folder`, for `tensorboard --logdir`."""
    writer = tf.summary.create_file_writer(str(folder))

    def listen(row: Row) -> None:
        with writer.as_default(step=row["epoch"]):
            for name, value in figures(row).items():
                tf.summary.scalar(name, value)
        writer.flush()

    return listen


def mlflow(experiment: str, name: str, told: dict[str, Any]) -> Listener:
    """Log each epoch's figures as metrics of an MLflow run; where to is MLflow's own `MLFLOW_TRACKING_URI`.

    Raises:
        SetupError: The extra is not installed, or its server cannot be reached.
    """
    try:
        import mlflow as client
    except ImportError as error:
        raise SetupError("--mlflow needs the extra mlflow: pip install 'lungwatch[mlflow]'") from error
    try:
        client.set_experiment(experiment)
        client.start_run(run_name=name)
        client.log_params({key: str(value)[:250] for key, value in told.items() if key != "versions"})
    except Exception as error:  # MLflow wraps whatever its stores raise in many classes
        raise SetupError(f"MLflow cannot be told at {client.get_tracking_uri()}: {error}") from error

    def listen(row: Row) -> None:
        client.log_metrics(figures(row), step=row["epoch"])

    return listen


def figures(row: Row) -> dict[str, float]:
    """Pick an epoch's numbers."""
    return {name: float(value) for name, value in row.items() if isinstance(value, (int, float)) and name != "epoch"}
