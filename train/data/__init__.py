"""Data sets: what they hold, how they are split, what leaks, and their pixels."""
