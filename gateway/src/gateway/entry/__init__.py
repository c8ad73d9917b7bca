"""What everybody meets first: home, registration, login, links from messages."""
