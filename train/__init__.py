"""From labelled chest X-rays to a run: a directory with a trained model and the evidence about it."""
