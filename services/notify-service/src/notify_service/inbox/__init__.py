"""The in-app inbox: intents of the channel that is delivered by being there."""
