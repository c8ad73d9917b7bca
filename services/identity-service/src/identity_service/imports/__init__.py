"""Imports: areas, customers and lines from CSV files, checked first, then made in the background."""
