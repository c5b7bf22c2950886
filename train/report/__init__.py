"""What a run or an evaluation looks like."""
