"""The second factor: codes of an app, recovery codes, and log-ins that wait for one of them."""
