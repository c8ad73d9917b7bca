"""Limits on tries, counted where a restart does not forget them."""
