"""A copy of what a person was told, for the person."""
