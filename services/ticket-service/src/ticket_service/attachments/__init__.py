"""Photos that belong to reports, replies and notes."""
