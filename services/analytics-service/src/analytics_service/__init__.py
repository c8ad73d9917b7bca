"""analytics-service: facts and figures from the events of the other services."""
