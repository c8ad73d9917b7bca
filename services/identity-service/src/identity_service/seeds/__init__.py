"""The seed command: what a new installation starts with, from a file."""
