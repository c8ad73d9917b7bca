"""Service lines: the customers' subscriptions."""
