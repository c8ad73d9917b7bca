"""Which event tells whom, as a table and pure functions."""
