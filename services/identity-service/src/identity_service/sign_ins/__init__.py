"""Which devices and places a person is known from, and the message about any other."""
