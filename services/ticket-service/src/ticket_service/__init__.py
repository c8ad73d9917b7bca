"""ticket-service: tickets, what is said on them, and what they are about."""
