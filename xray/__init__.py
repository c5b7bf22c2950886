"""The shared kernel: how bytes become pixels, pixels become scores, and scores become findings."""

__version__ = "0.1.0"
"""The only place that states the version: setup.cfg, the worker's page and its metrics read it here."""
