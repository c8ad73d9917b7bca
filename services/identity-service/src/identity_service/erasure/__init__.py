"""Erasing a person, by themselves or by an administrator."""
