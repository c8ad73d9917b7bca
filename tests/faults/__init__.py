"""Killing, cutting and stopping things, and counting what was lost, doubled or turned around."""
