"""A copy of a person's own tickets, for the person."""
