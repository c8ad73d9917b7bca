"""Messages to people about what happened, and what became of each."""
