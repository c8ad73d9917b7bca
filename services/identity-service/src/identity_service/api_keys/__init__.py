"""Keys by which programs act for a person: made, shown once, limited, revoked."""
