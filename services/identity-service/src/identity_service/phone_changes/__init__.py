"""A phone number counts once its owner has typed the code that was sent to it."""
