"""Figures over everything that was learnt."""
