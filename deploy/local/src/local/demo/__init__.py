"""A small made-up provider: people, teams and areas to seed, tickets told through the API."""
