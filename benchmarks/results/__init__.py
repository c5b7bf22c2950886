"""The published trainings: what was run, what came out, and the page that says so."""
