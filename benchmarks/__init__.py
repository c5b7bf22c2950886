"""One file per claim of speed or size; each prints ratios measured side by side in one run."""
