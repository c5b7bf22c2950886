"""The shared kernel: how bytes become pixels, pixels become scores, and scores become findings."""
