"""Copies of what identity-service says about people, teams, areas and lines."""
