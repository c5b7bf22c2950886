"""What a model is worth, in numbers and in words."""
