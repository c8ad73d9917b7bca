"""Registrations: from a stranger's words to a customer with a proven address."""
