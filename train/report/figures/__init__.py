"""The figures of a report, one idea a file: each draws measured numbers on axes, and measures nothing."""
