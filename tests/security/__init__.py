"""Who may do what, what every answer says about itself, and what strange input comes to."""
