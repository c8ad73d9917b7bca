"""Categories: what a ticket can be about."""
