"""Mechanism without a business word, plus the event contracts and permission names."""
