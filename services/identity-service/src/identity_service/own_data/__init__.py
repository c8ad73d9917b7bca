"""A copy of what this service knows of a person, for the person."""
