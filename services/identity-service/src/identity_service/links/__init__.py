"""Links in messages: issued here, signed by whoever writes the message, used once."""
