"""From a run to a model: one .tflite file that decides as the run did, with the evidence inside it."""
