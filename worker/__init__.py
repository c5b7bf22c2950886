"""The worker: a watched folder that answers every file that lands in it, once."""
