"""People as staff see them: invited, searched, edited, deactivated."""
