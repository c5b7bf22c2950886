"""What most people use: one script, a watchdog handler, `model.predict` on each file, a JSON beside it.

Written as such scripts are found in notebooks and tutorials; run by throughput.py as a process of its own:
    python benchmarks/plain_script.py FOLDER KERAS_MODEL
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tf_keras as keras
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer


class Handler(FileSystemEventHandler):
    """Answers a file as soon as it appears."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model

    def on_closed(self, event: FileSystemEvent) -> None:
        path = str(event.src_path)
        if not path.endswith(".jpeg"):
            return
        image = keras.utils.load_img(path, color_mode="grayscale", target_size=self.model.input_shape[1:3])
        batch = np.expand_dims(keras.utils.img_to_array(image), axis=0)
        scores = self.model.predict(batch, verbose=0)[0]
        Path(path + ".json").write_text(json.dumps({"file": path, "scores": scores.tolist()}))


if __name__ == "__main__":
    watched, saved = sys.argv[1:]
    observer = Observer()
    model = keras.models.load_model(saved, compile=False)
    model.predict(np.zeros((1, *model.input_shape[1:])), verbose=0)
    observer.schedule(Handler(model), watched)
    observer.start()
    Path(watched, "ready").touch()
    while True:
        time.sleep(1)
