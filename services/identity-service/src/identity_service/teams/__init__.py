"""Teams: groups of staff that tickets are given to."""
