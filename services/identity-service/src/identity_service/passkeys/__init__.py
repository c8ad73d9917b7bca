"""Passkeys: logging in with what a phone or computer keeps, without a password."""
