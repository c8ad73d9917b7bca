"""Who is logged in: from a password to a token, and from a token to a person."""
