"""Exports: areas, customers and lines as CSV files, which imports read again."""
