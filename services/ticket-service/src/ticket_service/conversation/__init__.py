"""Reading what was written on a ticket and what happened to it."""
