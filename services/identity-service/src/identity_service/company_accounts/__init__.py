"""Company accounts: logging in with an account at a provider of OpenID Connect."""
