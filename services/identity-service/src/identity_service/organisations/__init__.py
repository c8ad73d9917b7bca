"""Organisations: companies whose people are customers, and what each of these sees."""
