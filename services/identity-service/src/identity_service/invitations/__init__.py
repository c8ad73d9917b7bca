"""Invitations: how an invited person takes over the account made for them."""
