"""The recipes: one file each; the name of the file is what the user types."""
