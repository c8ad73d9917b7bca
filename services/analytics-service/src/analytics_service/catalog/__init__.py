"""A copy of ticket-service's categories."""
