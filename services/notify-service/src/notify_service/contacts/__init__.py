"""Copies of what identity-service says about people and teams."""
