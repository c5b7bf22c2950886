"""From labelled chest X-rays to a run: a folder with a trained model and the evidence about it."""
