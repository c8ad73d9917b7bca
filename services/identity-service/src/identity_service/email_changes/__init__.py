"""Another e-mail address: nothing changes before the new one is proven, and the old one can undo it."""
