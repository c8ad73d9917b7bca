"""Passwords: which are too easy, and how they are hashed."""
