"""Forgetting a person: who they were and what they wrote goes, the facts of their tickets stay."""
