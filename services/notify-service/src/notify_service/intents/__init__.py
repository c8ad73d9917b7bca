"""Messages on their way: one intent per event, rule, recipient and channel, until its end."""
