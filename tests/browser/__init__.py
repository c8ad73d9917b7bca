"""The portal as people see it: a real Chromium before the whole running system."""
