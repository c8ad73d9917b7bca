"""Tickets: the aggregate, its rules, its verbs."""
